// Keys of a lesson press its buttons. Caught before anything else on the page sees them: some pages have the same keys.

const state = (globalThis.maskscopeLesson ??= { onward: null, turn: 0, blank: null, seen: undefined, waiting: 0, held: 0 });

const TYPING = "textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio]):not([type=range])";
// Where PageUp and PageDown move the text or a list that is open; a line to type in has no use for them.
const PAGED = "textarea, [contenteditable=true], [aria-expanded=true]";
const OVER = "dialog[open], [role=dialog]"; // what lies over the page has its own keys
const CONTROL = "button, a[href], summary, input, [role=slider], [role=tab], [role=option], [role=radio]";
// Buttons that Space presses in any case do the same as the key.
const OWN = ".st-key-lesson_reveal button, .st-key-lesson_next button";

const PATIENCE = 100; // turns of 0.1 s in which a button, or what answers, may be drawn

// Presses the button at a place among those found, as soon as any is drawn: Streamlit fetches what draws buttons apart.
function press(selector, at = 0, turns = PATIENCE) {
  clearTimeout(state.held);
  const found = document.querySelectorAll(selector);
  if (found.length) found[at]?.click();
  else if (turns > 0) state.held = setTimeout(() => press(selector, at, turns - 1), 100);
}

const button = (key) => press(`.st-key-${key} button`);

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
  if (/^[1-6]$/.test(event.key)) return () => press(".st-key-lesson_choice button", Number(event.key) - 1);
  return null;
}

function pressed(event) {
  const target = event.composedPath()[0];
  if (!state.onward || event.ctrlKey || event.altKey || event.metaKey || !(target instanceof Element)) return;
  if (!state.blank && document.querySelector(OVER)?.checkVisibility()) return;
  if (!state.blank && target.closest(/^Page(Up|Down)$/.test(event.key) ? PAGED : TYPING)) return;
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

const main = () => document.querySelector("[data-testid=stMain]");
// What is still to be drawn: what Streamlit fetches the code of, a figure, a text that is being generated.
const UNDRAWN = "[data-testid=stSkeleton], .plot-frame .plot:not(.js-plotly-plot), .st-key-stop button:not(:disabled)";

// What shows a result: a figure, but not that of the votes in the strip; the texts of Generate and of Compare.
const TEXT = /\bst-key-(text_\d|row_\d+_\d)/;
const RESULTS = ".plot-frame, [class*='st-key-text_'], [class*='st-key-row_']";

// Returns the place of what answers: of the view that the step opens, down to the end of its figure; else of the first result,
// and where that is a text down to the end of all texts and of the picture beside them.
function place(view) {
  const chooser = view && document.querySelector(`.st-key-${view}`);
  const below = (figure) => !chooser || chooser.compareDocumentPosition(figure) & Node.DOCUMENT_POSITION_FOLLOWING; // or in it
  const isResult = (one) => one.matches(".plot-frame:not(.st-key-lesson_strip *)") || TEXT.test(one.className);
  const results = [...main().querySelectorAll(RESULTS)].filter(isResult).filter(below);
  const first = chooser || results[0];
  const told = TEXT.test(results[0]?.className) ? results : [results[0] || first];
  const edges = told.map((one) => one?.getBoundingClientRect().bottom);
  return first && { top: first.getBoundingClientRect().top, bottom: Math.max(...edges) };
}

const GAP = 8; // px between the strip and what answers
const HIGHER = 0.08; // of the window's height: so much further up at most, or as much as what answers leaves free below it

// Returns the place where the strip ends, at `edge` or up to `most` px higher, so that it cuts nothing into pieces.
function uncut(edge, most) {
  const parts = [...main().querySelectorAll("[data-testid=stElementContainer]")].filter((one) => !one.closest(".st-key-lesson_strip"));
  const boxes = parts.map((one) => one.getBoundingClientRect());
  let found = edge;
  while (edge - found <= most) {
    const cut = boxes.filter(({ top, bottom }) => top < found - 1 && bottom > found + 1).map(({ top }) => top);
    if (!cut.length) return found;
    found = Math.min(...cut);
  }
  return edge;
}

// Brings what answers into view, below the strip, once it is drawn; not where the reader has scrolled meanwhile.
function answer(view, turns = PATIENCE, from = main()?.scrollTop) {
  clearTimeout(state.waiting);
  const busy = !document.querySelector("[data-test-script-state=notRunning]") || document.querySelector(UNDRAWN);
  if (busy && turns > 0) {
    state.waiting = setTimeout(() => answer(view, turns - 1, from), 100);
    return;
  }
  const found = place(view);
  const strip = document.querySelector(".st-key-lesson_strip")?.getBoundingClientRect();
  if (!found || !strip || main().scrollTop !== from || getComputedStyle(document.body).getPropertyValue("--strip") !== "stays") return;
  if (found.bottom <= window.innerHeight) return;
  const edge = found.top - GAP, under = Math.min(strip.bottom, strip.height);
  const free = window.innerHeight - under - (found.bottom - edge);
  main().scrollBy({ top: uncut(edge, Math.max(free, HIGHER * window.innerHeight)) - under });
}

function arrive({ step, revealed, view }) {
  const seen = `${step} ${revealed}`;
  if (state.seen === seen) return;
  const first = state.seen === undefined;
  state.seen = seen;
  clearTimeout(state.waiting);
  clearTimeout(state.held); // what was pressed was meant for the step before
  if (revealed) state.waiting = setTimeout(() => answer(view), 200); // the run that draws it has begun by then
  else if (!first) main()?.scrollTo({ top: 0 });
}

export default function ({ data }) {
  state.onward = data.onward;
  arrive(data);
  // Streamlit also ends the turn that a newer one overtook.
  const turn = (state.turn += 1);
  return () => {
    if (state.turn !== turn) return;
    state.onward = null;
    clearTimeout(state.held);
    lift();
    setTimeout(() => document.querySelector(".st-key-lesson_strip") || main()?.scrollTo({ top: 0 })); // the lesson was left
  };
}
