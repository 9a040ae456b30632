// Whether the reader has just clicked on what leads to another page. Nothing may ask for a drawing by itself behind such a click:
// of two requests that wait, Streamlit answers the page of the newer, and the reader would stay.

const LEADS_AWAY = "[data-testid=stPageLink] a, .st-key-lesson_next button, .st-key-lesson_back button";
const LEAVING = 5000; // ms after a run has begun, after which the reader has stayed
const UNANSWERED = 60000; // ms, after which no run will begin

const leave = (globalThis.maskscopeLeave ??= { ends: 0, busy: false });

const atWork = () => document.querySelector("[data-testid=stApp]").dataset.testScriptState !== "notRunning";

// Returns whether the page is about to be another.
function leaving() {
  const [busy, now] = [atWork(), performance.now()];
  if (busy && !leave.busy) leave.ends = Math.min(leave.ends, now + LEAVING);
  leave.busy &&= busy;
  return now < leave.ends;
}

if (!globalThis.maskscopeLeaveListens) {
  globalThis.maskscopeLeaveListens = true;
  const begin = () => Object.assign(leave, { ends: performance.now() + UNANSWERED, busy: atWork() }); // with an earlier run
  window.addEventListener("click", (event) => event.composedPath()[0].closest?.(LEADS_AWAY) && begin(), { capture: true });
  window.addEventListener("popstate", begin);
}
