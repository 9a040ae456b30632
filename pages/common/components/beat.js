// Asks for the next drawing of a part of the page some time after the last one, and never while the page is at work: Streamlit's
// browser half was seen to lose parts of a page, probably where a run begins before the one before it has been put away.

const LOST = 3000; // ms without an answer, until it is asked again
const LOOK = 50; // ms between two looks whether the page is at rest

const timers = (globalThis.maskscopeBeat ??= new WeakMap());

// Streamlit calls this for every drawing and ends the last turn alone: each part has one timer, of its last turn.
export default function ({ data, parentElement, setTriggerValue }) {
  const wait = (pause) => timers.set(parentElement, setTimeout(ask, pause));
  const ask = () => {
    if (!parentElement.isConnected) return; // the reader has left it
    if (leaving() || atWork()) wait(LOOK);
    else {
      setTriggerValue("beat", data.number);
      wait(LOST);
    }
  };
  clearTimeout(timers.get(parentElement));
  wait(data.pause);
}
