// Asks for the next drawing of a part of the page some time after the last one, and never while the page is at work: Streamlit's
// browser half was seen to lose parts of a page, probably where a run begins before the one before it has been put away.

const LOST = 3000; // ms without an answer, until it is asked again
const LOOK = 50; // ms between two looks whether the page is at rest
// What leads to another page. A part of the page that is left must not be asked for behind it.
const LEADS_AWAY = "[data-testid=stPageLink] a, .st-key-lesson_next button, .st-key-lesson_back button";
const LEAVING = 5000; // ms, after which the reader has stayed

const state = (globalThis.maskscopeBeat ??= { leaves: 0, parts: new WeakMap() });

function leave() {
  state.leaves = performance.now() + LEAVING;
}

if (!globalThis.maskscopeBeatListens) {
  globalThis.maskscopeBeatListens = true;
  window.addEventListener("click", (event) => event.composedPath()[0].closest?.(LEADS_AWAY) && leave(), { capture: true });
  window.addEventListener("popstate", leave);
}

// Streamlit calls this for every drawing and ends the last turn alone: each part has one timer, of its last turn.
export default function ({ data, parentElement, setTriggerValue }) {
  const app = document.querySelector("[data-testid=stApp]");
  const wait = (pause) => state.parts.set(parentElement, setTimeout(ask, pause));
  const ask = () => {
    if (!parentElement.isConnected) return; // the reader has left it
    if (app.dataset.testScriptState !== "notRunning" || performance.now() < state.leaves) wait(LOOK);
    else {
      setTriggerValue("beat", data.number);
      wait(LOST);
    }
  };
  clearTimeout(state.parts.get(parentElement));
  wait(data.pause);
}
