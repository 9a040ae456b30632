// Changes figures that stand on the page, in place. Streamlit puts a new chart where the old one was, which takes several
// times as long and forgets what the reader zoomed into. Plotly comes with Streamlit's own charts, as a global.

const wanted = new Map();
const watched = new WeakSet();
const busy = new WeakSet();
let passClick = null;
let planned = false;

// While a chart is replaced its old copy stands beside the new one.
function standing(name) {
  const plots = [...document.querySelectorAll(`.st-key-${name} .js-plotly-plot`)];
  return plots.filter((plot) => plot.data && !plot.closest("[data-retained]")).at(-1);
}

// As many rows travel as lists in the figures that Python sends (viz/base/patch.py): z looks the same whoever wrote it.
const LISTS_UP_TO = 128;

// Returns rows of numbers, null where there is none, for a packed array that is small.
function unpacked(value) {
  const [rows, columns] = value.shape.split(",").map(Number);
  if (rows > LISTS_UP_TO) return value;
  const bytes = Uint8Array.from(atob(value.bdata), (character) => character.charCodeAt(0));
  const numbers = Array.from(new Float32Array(bytes.buffer), (number) => (Number.isNaN(number) ? null : number));
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * columns, (row + 1) * columns));
}

// Attributes that are objects, such as textfont, are merged; arrays are replaced.
function merged(item, change) {
  const found = { ...item };
  for (const [name, value] of Object.entries(change)) {
    if (value?.bdata) found[name] = unpacked(value);
    else if (value && typeof value === "object" && !Array.isArray(value)) found[name] = { ...item[name], ...value };
    else found[name] = value;
  }
  return found;
}

const each = (items, changes) =>
  (items ?? []).map((item) => (changes[item.name] ? merged(item, changes[item.name]) : item));

const afterFrame = (action) => requestAnimationFrame(() => setTimeout(action));

// New numbers: plotly draws the whole figure. Shapes alone: given all of them at once, it draws nothing else.
function draw(plot, next) {
  const shapes = each(plot.layout.shapes, next.shapes);
  if (!Object.keys(next.traces).length) return window.Plotly.relayout(plot, { shapes });
  const annotations = each(plot.layout.annotations, next.annotations);
  return window.Plotly.react(plot, each(plot.data, next.traces), { ...plot.layout, annotations, shapes });
}

// What a chart shows now: as it was sent, until this file changed it. Plotly does not know the attribute and lets it be.
const shown = ({ layout }) => layout.maskscope ?? layout.meta?.shows;

// Returns whether there was something to change.
function change(plot, next) {
  if (busy.has(plot) || plot.layout.meta?.base !== next.base || shown(plot) === next.shows) return false;
  busy.add(plot);
  draw(plot, next)
    .then(() => {
      plot.layout.maskscope = next.shows;
      if (next.alt) plot.closest("[role=figure]")?.setAttribute("aria-label", next.alt);
      // The event tells Streamlit's chart to keep this figure as its own; one taken down meanwhile has no events any more.
      afterFrame(() => plot.emit?.("plotly_redraw"));
    })
    .finally(() => {
      busy.delete(plot);
      plan(); // another head may have been opened meanwhile
    });
  return true;
}

function listen(plot, name) {
  if (watched.has(plot)) return;
  watched.add(plot);
  // Streamlit's chart may draw once more what it had when it was mounted.
  plot.on("plotly_afterplot", plan);
  plot.on("plotly_click", ({ points }) => {
    if (wanted.get(name)?.clickable && points[0]?.customdata) passClick?.({ name, customdata: points[0].customdata });
  });
}

function apply() {
  planned = false;
  for (const [name, figure] of wanted) {
    const plot = standing(name);
    if (!plot || !window.Plotly) continue;
    listen(plot, name);
    if (change(plot, figure)) return; // the next once the browser has shown this one
  }
}

// Once the browser has shown what was drawn last.
function plan() {
  if (planned) return;
  planned = true;
  afterFrame(apply);
}

// A chart that is mounted anew, from what the browser remembers of it, may show an earlier state.
const observer = new MutationObserver(plan);

export default function (component) {
  const { data, setTriggerValue } = component;
  passClick = (click) => setTriggerValue("clicked", click);
  for (const figure of data.figures) wanted.set(figure.name, figure);
  observer.observe(document.body, { childList: true, subtree: true });
  apply();
  return () => {
    for (const figure of data.figures) wanted.delete(figure.name);
    if (wanted.size) return;
    observer.disconnect();
    passClick = null;
  };
}
