// Streamlit adds a step to the browser's history for every address that Python writes. Two kinds of steps would fill it, and
// take the place of the last one instead: what is slid or typed, so that Back undoes the last click or choice and what was
// slid since; and what a page writes into its address by itself, before the reader has done anything on it.

let replacing = new Set();
let untouched = true;
// Whether the reader has done nothing since the last step that was added on a page.
let idle = false;
const push = window.history.pushState;

for (const event of ["pointerdown", "keydown"]) {
  window.addEventListener(event, () => { untouched = idle = false; }, { capture: true });
}

function differing(before, after) {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.getAll(name).join() !== after.getAll(name).join());
}

function replaces(next) {
  if (untouched) return true;
  const names = differing(new URLSearchParams(window.location.search), next.searchParams);
  return names.every((name) => replacing.has(name));
}

window.history.pushState = function (state, title, url) {
  const next = new URL(url ?? window.location.href, window.location.href);
  const samePage = next.pathname === window.location.pathname;
  // The way to another page may write its values under the old page first, then its path: both are one step.
  const write = (samePage ? replaces(next) : idle) ? window.history.replaceState : push;
  idle = samePage && write === push;
  if (!samePage) untouched = true;
  return write.call(window.history, state, title, url);
};

export default function ({ data }) {
  replacing = new Set(data.replacing);
}
