// Asks for the next drawing of a part of the page some time after the last one, and never while the page is at work: Streamlit's
// browser half was seen to lose parts of a page, probably where a run begins before the one before it has been put away.

const LOST = 3000; // ms without an answer, until it is asked again
const LOOK = 50; // ms between two looks whether the page is at rest

export default function ({ data, setTriggerValue }) {
  const app = document.querySelector('[data-testid="stApp"]');
  let waiting = 0;
  const ask = () => {
    if (app.dataset.testScriptState !== "notRunning") {
      waiting = setTimeout(ask, LOOK);
      return;
    }
    setTriggerValue("beat", data.number);
    waiting = setTimeout(ask, LOST);
  };
  waiting = setTimeout(ask, data.pause);
  return () => clearTimeout(waiting);
}
