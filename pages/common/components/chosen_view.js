// A click on a view whose picture would lie below the window scrolls the choice of views to the top, once the view is drawn.

const state = (globalThis.maskscopeChosenView ??= { names: [], waiting: 0 });

const LOW = 0.65; // of the window's height: below it a choice has too little room under it
const ABOVE = 64; // px left above the choice: what Streamlit keeps there
const TURN = 100; // ms between two looks whether the page is at rest
const TURNS = 40;

const main = () => document.querySelector("[data-testid=stMain]");
const pace = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
const strip = () => document.querySelector(".st-key-lesson_strip")?.getBoundingClientRect().height ?? 0;

// Scrolls until the choice is where it belongs: the page grows meanwhile, and may be too short at first.
function follow(choice, turns = TURNS) {
  state.waiting = setTimeout(() => {
    const away = choice.getBoundingClientRect().top - Math.max(ABOVE, strip() + 8);
    if (!choice.isConnected || turns === 0 || Math.abs(away) < 2) return;
    if (document.querySelector("[data-test-script-state=notRunning]")) main().scrollBy({ top: away, behavior: pace() });
    follow(choice, turns - 1);
  }, TURN);
}

function clicked(event) {
  const button = event.composedPath()[0].closest?.("button");
  const choice = button?.closest(state.names.map((name) => `.st-key-${name}`).join());
  if (choice?.getBoundingClientRect().bottom > LOW * window.innerHeight) follow(choice);
}

if (!globalThis.maskscopeChosenViewListens) {
  globalThis.maskscopeChosenViewListens = true;
  const options = { capture: true, passive: true };
  for (const own of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(own, () => clearTimeout(state.waiting), options); // the reader goes on
  }
  window.addEventListener("click", clicked, options);
}

export default function ({ data }) {
  state.names = data.names;
}
