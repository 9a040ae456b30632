// Keys of a lesson press its buttons. Caught before anything else on the page sees them: some pages have the same keys.

const state = (globalThis.maskscopeLesson ??= { onward: null, turn: 0, blank: null });

const TYPING = "textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio]):not([type=range])";
const CONTROL = "button, a[href], summary, input, [role=slider], [role=tab], [role=option], [role=radio]";
// Buttons that Space presses in any case do the same as the key.
const OWN = ".st-key-lesson_reveal button, .st-key-lesson_next button";

const press = (selector) => document.querySelector(selector)?.click();
const button = (key) => press(`.st-key-${key} button:not(:disabled)`);

function blank() {
  state.blank = document.createElement("div");
  state.blank.className = "maskscope-blank";
  state.blank.addEventListener("click", lift);
  document.body.append(state.blank);
}

function lift() {
  state.blank?.remove();
  state.blank = null;
}

// Returns what a key does, nothing for one that is not of the lesson.
function action(event, target) {
  if (state.blank) return lift;
  if (event.key === "PageDown") return () => button(state.onward);
  if (event.key === "PageUp") return () => button("lesson_back");
  if (event.key === " " && (!target.closest(CONTROL) || target.closest(OWN))) return () => button(state.onward);
  if (event.key.toLowerCase() === "b") return blank;
  if (/^[1-6]$/.test(event.key)) {
    const choices = document.querySelectorAll(".st-key-lesson_choice button:not(:disabled)");
    return () => choices[Number(event.key) - 1]?.click();
  }
  return null;
}

function pressed(event) {
  const target = event.composedPath()[0];
  if (!state.onward || event.ctrlKey || event.altKey || event.metaKey || !(target instanceof Element)) return;
  if (!state.blank && target.closest(TYPING)) return;
  const act = action(event, target);
  if (!act) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) act();
}

if (!globalThis.maskscopeLessonListens) {
  globalThis.maskscopeLessonListens = true;
  window.addEventListener("keydown", pressed, { capture: true });
}

export default function ({ data }) {
  state.onward = data.onward;
  // Streamlit also ends the turn that a newer one overtook.
  const turn = (state.turn += 1);
  return () => {
    if (state.turn !== turn) return;
    state.onward = null;
    lift();
  };
}
