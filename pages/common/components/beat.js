// Asks for the next drawing of a part of the page some time after the last one, and never while the page is at work: Streamlit's
// browser half was seen to lose parts of a page, probably where a run begins before the one before it has been put away.

const LOST = 3000; // ms without an answer, until it is asked again
const LOOK = 50; // ms between two looks whether the page is at rest
// What leads to another page. A part of the page that is left must not be asked for behind it: of two requests that wait,
// Streamlit answers the page of the newer, and the reader would stay.
const LEADS_AWAY = "[data-testid=stPageLink] a, .st-key-lesson_next button, .st-key-lesson_back button";
const LEAVING = 5000; // ms after a run has begun, after which the reader has stayed
const UNANSWERED = 60000; // ms, after which no run will begin

const state = (globalThis.maskscopeBeat ??= { leaves: 0, busy: false, parts: new WeakMap() });

const atWork = () => document.querySelector("[data-testid=stApp]").dataset.testScriptState !== "notRunning";

function leave() {
  state.leaves = performance.now() + UNANSWERED;
  state.busy = atWork(); // with a run from before the click
}

// Returns whether the page is at work, or about to be another.
function away() {
  const [busy, now] = [atWork(), performance.now()];
  if (busy && !state.busy) state.leaves = Math.min(state.leaves, now + LEAVING);
  state.busy &&= busy;
  return busy || now < state.leaves;
}

if (!globalThis.maskscopeBeatListens) {
  globalThis.maskscopeBeatListens = true;
  window.addEventListener("click", (event) => event.composedPath()[0].closest?.(LEADS_AWAY) && leave(), { capture: true });
  window.addEventListener("popstate", leave);
}

// Streamlit calls this for every drawing and ends the last turn alone: each part has one timer, of its last turn.
export default function ({ data, parentElement, setTriggerValue }) {
  const wait = (pause) => state.parts.set(parentElement, setTimeout(ask, pause));
  const ask = () => {
    if (!parentElement.isConnected) return; // the reader has left it
    if (away()) wait(LOOK);
    else {
      setTriggerValue("beat", data.number);
      wait(LOST);
    }
  };
  clearTimeout(state.parts.get(parentElement));
  wait(data.pause);
}
