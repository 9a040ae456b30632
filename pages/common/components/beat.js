// Asks for the next drawing of a part of the page some time after the last one, and never while the page is at work: Streamlit's
// browser half was seen to lose parts of a page, probably where a run begins before the one before it has been put away.

const LOST = 3000; // ms without an answer, until it is asked again
const LOOK = 50; // ms between two looks whether the page is at rest
// What leads to another page. Asked for behind it, a part of the page that is left would be all that the reader sees: nothing.
const LEADS_AWAY = "[data-testid=stPageLink] a, .st-key-lesson_next button, .st-key-lesson_back button";
const LEAVING = 5000; // ms, after which the reader has stayed

const SHOWN = "[data-testid=stMain] [data-testid=stElementContainer]";
const EMPTY = 3; // looks of half a second at an empty page at rest, until it is asked for again

const state = (globalThis.maskscopeBeat ??= { leaves: 0, watch: 0 });
const app = () => document.querySelector("[data-testid=stApp]");

// What was asked for before the click may be answered behind it: Streamlit's browser half was seen to put the new page away
// then, until it was loaded again. Its own listener to the browser's history draws it.
function leave() {
  let empty = 0;
  state.leaves = performance.now() + LEAVING;
  clearInterval(state.watch);
  state.watch = setInterval(() => {
    empty = app().dataset.testScriptState === "notRunning" && !document.querySelector(SHOWN) ? empty + 1 : 0;
    if (empty < EMPTY && performance.now() < state.leaves) return;
    clearInterval(state.watch);
    if (empty >= EMPTY) window.dispatchEvent(new PopStateEvent("popstate"));
  }, 500);
}

if (!globalThis.maskscopeBeatListens) {
  globalThis.maskscopeBeatListens = true;
  window.addEventListener("click", (event) => event.composedPath()[0].closest?.(LEADS_AWAY) && leave(), { capture: true });
  window.addEventListener("popstate", (event) => event.isTrusted && leave());
}

export default function ({ data, setTriggerValue }) {
  let waiting = 0;
  const ask = () => {
    if (app().dataset.testScriptState !== "notRunning" || performance.now() < state.leaves) {
      waiting = setTimeout(ask, LOOK);
      return;
    }
    setTriggerValue("beat", data.number);
    waiting = setTimeout(ask, LOST);
  };
  waiting = setTimeout(ask, data.pause);
  return () => clearTimeout(waiting);
}
