// One figure, changed in place: zoom and scrolling stay, and nothing is taken down while another figure of its kind comes.

// Returns the one copy of plotly.js that all figures of a page use; the first figure asks for it.
function library(address) {
  globalThis.maskscopePlotly ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done(globalThis.Plotly);
    script.onerror = () => {
      delete globalThis.maskscopePlotly; // the next figure asks again
      failed(new Error(`no answer from ${address}`));
    };
    document.head.append(script);
  });
  return globalThis.maskscopePlotly;
}

// Lets the browser show one figure before the next of the page is drawn, so that the one that was asked for is not held back.
const painted = () => document.hidden || new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

function inTurn(draw) {
  const drawn = (globalThis.maskscopeTurn ?? Promise.resolve()).then(draw);
  globalThis.maskscopeTurn = drawn.catch(() => {}).then(painted);
  return drawn;
}

const ICONS = {
  png: "M19 9h-4V3H9v6H5l7 7 7-7zM5 18v2h14v-2H5z",
  full: "M5 5h6v2H7v4H5zm8 0h6v6h-2V7h-4zM5 13h2v4h4v2H5zm12 0h2v6h-6v-2h4z",
};

const button = (name, title, path, click) => ({ name, title, icon: { width: 24, height: 24, path }, click });

function toolbar({ settings }) {
  if (!settings.toolbar) return { displayModeBar: false };
  const save = (format) => (plot) => plots.get(plot.closest(".plot-frame")).save(format);
  const full = (plot) =>
    document.fullscreenElement ? document.exitFullscreen() : plot.closest(".plot-frame").requestFullscreen();
  return {
    displaylogo: false,
    displayModeBar: "hover",
    showSendToCloud: false, // nothing leaves this server
    modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    modeBarButtonsToAdd: [
      button("png", "Save as PNG, for slides", ICONS.png, save("png")),
      button("svg", "Save as SVG, for papers", ICONS.png, save("svg")),
      button("full", "Full screen", ICONS.full, full),
    ],
  };
}

// What the reader zoomed into is kept as long as the axes say the same.
function axes(layout) {
  const named = Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name));
  return JSON.stringify(named.map(([name, { range, ticktext, type }]) => [name, range, ticktext, type]));
}

// What stands above a figure and should stay in sight with it, in px of the window.
const CHROME = 300;

// Names of rows that take a larger share of the frame than this scroll away with the rest.
const ROW_NAMES = 0.5;

// The width of the fade at an edge behind which there is more, in px: 2.5rem of plot.css.
const FADE = 40;

// A press that moved further than this, in px, is no click.
const STILL = 6;

// Returns the whole number of an axis that is nearest to a place of the figure; on the very edge that of the last cell.
function nearest(axis, pixel) {
  const ends = axis.range.map((end) => axis.r2l(end));
  const place = Math.round(axis.p2l(pixel - axis._offset));
  return Math.min(Math.max(place, Math.ceil(Math.min(...ends))), Math.floor(Math.max(...ends)));
}

class Plot {
  constructor(frame) {
    this.frame = frame;
    this.plot = frame.querySelector(".plot");
    this.press = null;
    this.turn = 0;
    this.drawn = Promise.resolve();
    this.ends = new AbortController();
    const options = { capture: true, signal: this.ends.signal };
    frame.addEventListener("pointerdown", (event) => (this.press = event), options);
    window.addEventListener("pointerup", (event) => this.release(event), options);
    window.addEventListener("pointercancel", () => this.release(null), options);
    frame.addEventListener("scroll", () => this.fade(), options);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(frame);
  }

  // Between a press and its release the figure stays as it is: the reader clicks what he sees.
  release(event) {
    if (!this.press) return;
    const { clientX, clientY, target } = this.press;
    this.press = null;
    const still = event && Math.hypot(event.clientX - clientX, event.clientY - clientY) <= STILL;
    const at = still && this.figure?.settings.clickable && target.closest(".nsewdrag") && this.cell(clientX, clientY);
    if (at) this.clicked({ at });
    if (this.late) this.draw();
  }

  // Returns [row, column] of the cell at a place of the window; cells stand at whole numbers of both axes.
  cell(left, top) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const box = this.plot.getBoundingClientRect();
    return [nearest(yaxis, top - box.top), nearest(xaxis, left - box.left)];
  }

  show(text, clicked) {
    const figure = JSON.parse(text);
    const data = text.slice(0, text.indexOf('"layout":'));
    if (data === this.data) figure.figure.data = this.figure.figure.data; // the same object: Plotly draws none of it anew
    this.data = data;
    this.figure = figure;
    this.clicked = clicked;
    this.frame.classList.toggle("clickable", figure.settings.clickable);
    this.draw();
  }

  draw() {
    this.late = Boolean(this.press);
    if (this.late) return;
    const { figure } = this;
    this.drawn = this.drawn
      .then(() => library(figure.settings.library))
      .then((plotly) => inTurn(() => figure === this.figure && this.react(plotly)))
      .catch((error) => {
        if (!this.plot.data) this.plot.textContent = "This figure could not be loaded. Reload the page.";
        console.error(error);
      });
  }

  async react(plotly) {
    const { frame, plot, figure } = this;
    this.width = frame.clientWidth;
    const size = this.size();
    const spare = this.spare(size.width);
    const margin = { ...figure.figure.layout.margin, t: figure.figure.layout.margin.t + this.bar - spare };
    if (document.fullscreenElement !== frame) size.height -= spare;
    // A copy: Plotly writes a zoom into its layout, and given back as the figure's own it would be no zoom to keep.
    const layout = { ...structuredClone(figure.figure.layout), ...size, margin, uirevision: axes(figure.figure.layout) };
    const { opens } = figure.settings;
    this.columns = opens === "columns" ? this.wholeColumns(layout) : Infinity;
    if (!plot.data) plot.textContent = ""; // it may hold the sentence of a failure
    this.config ??= toolbar(figure); // Plotly draws all anew for another one
    await plotly.react(plot, figure.figure.data, layout, this.config);
    this.letGrow();
    frame.setAttribute("aria-label", figure.settings.alt); // now it shows what this says
    // The end moves as a figure grows; columns of another text, or in another window, are other ones.
    const wide = figure.figure.layout.width ?? figure.settings.least;
    const place = { end: `end of ${wide}`, columns: `${this.width} ${layout.uirevision}` }[opens] ?? opens;
    const scrolls = frame.scrollWidth > frame.clientWidth; // what fits opens nowhere, until its place gets narrower
    if (!scrolls) this.opens = null;
    else if (this.opens !== place) {
      this.opens = place;
      const at = () => ({ start: 0, end: 1 }[opens] ?? opens) * frame.scrollWidth - frame.clientWidth / 2;
      frame.scrollLeft = opens === "columns" ? this.columns : at();
    }
    this.fade();
    const grew = layout.height > this.height;
    this.height = layout.height;
    if (grew && figure.settings.follows) frame.scrollIntoView({ block: "nearest" });
  }

  // The place of the figure is as high as the figure from now on; until it came, it had the height that the server gave it.
  letGrow() {
    const place = this.frame.closest(".stElementContainer");
    if (!place?.isConnected) return; // the reader is on another page by now
    Object.assign(place.style, { height: "auto", overflow: "visible" });
    if (getComputedStyle(place.parentElement).flexDirection === "column") place.style.flexBasis = "auto";
  }

  // Returns the place at which the last column is in view and none is cut at the left, beside the names of the rows. So that
  // the frame can scroll as far, `layout` gets what it lacks at the right.
  wholeColumns(layout) {
    const { width, margin, xaxis } = layout;
    const seen = this.frame.clientWidth;
    if (!(width > seen)) return 0;
    const column = (width - margin.l - margin.r) / Math.abs(xaxis.range[1] - xaxis.range[0]);
    const place = Math.ceil(Math.max(0, width - margin.r - seen) / column) * column;
    const lacks = Math.max(0, Math.ceil(place + seen - width));
    layout.width += lacks;
    margin.r += lacks;
    return place;
  }

  get bar() {
    const { settings, figure } = this.figure;
    return settings.toolbar && !figure.layout.title ? settings.bar : 0; // a title keeps the words of the columns clear of it
  }

  // Returns the px that a legend above the plot, which has room for the narrowest place, leaves free in one of `width` px. Its
  // columns are equally wide, so that some of a line stays empty.
  spare(width) {
    const { margin, meta } = this.figure.figure.layout;
    if (!meta?.legend) return 0;
    const { takes, row, narrow } = meta.legend;
    const line = Math.max(narrow, 0.9 * (width - margin.l - margin.r));
    return row * (Math.ceil(takes / narrow) - Math.ceil(takes / line));
  }

  // Returns the size that the figure has now: that of the screen, or its own within the bounds of its place.
  size() {
    const { frame, figure } = this;
    if (document.fullscreenElement === frame) return { width: frame.clientWidth - 64, height: frame.clientHeight - 64 };
    const { width: own = Infinity, height, margin, legend } = figure.figure.layout;
    const least = Math.min(figure.settings.least ?? own, own);
    const width = Math.min(own, Math.max(Number.isFinite(least) ? least : 0, frame.clientWidth));
    const below = window.innerHeight - CHROME - this.bar - height;
    const room = Math.min(frame.clientWidth - own, below, own * (figure.settings.grows - 1));
    if (!(room > 0)) return { width, height: height + this.bar };
    // Its plot grows by as much on both sides; a legend below keeps its distance, which is in shares of the plot.
    const inner = height - margin.t - margin.b;
    const y = legend?.y && (legend.y * inner) / (inner + room);
    return { width: own + room, height: height + this.bar + room, legend: { ...legend, y } };
  }

  // Its place has another width, or it takes the whole screen.
  fit() {
    if (this.figure && this.plot.data && this.frame.clientWidth !== this.width) this.draw();
  }

  // Saves the picture; a drawing for papers as wide as the reader chooses.
  async save(format) {
    const width = format === "svg" ? await columnWidth(this.frame) : "";
    if (width === null) return;
    const { name, caption } = this.figure.settings;
    await savePicture(globalThis.Plotly, this.plot, { name, caption, format, width, above: this.bar });
  }

  // Returns what is drawn of the annotations of a name.
  notes(name) {
    const { annotations = [] } = this.plot._fullLayout;
    const drawn = (_, i) => [...this.plot.querySelectorAll(`.annotation[data-index="${i}"]`)];
    return annotations.flatMap((note, i) => (note.name === name ? drawn(note, i) : []));
  }

  // The names of rows stay in view while a wide figure scrolls: ticks of the first y axis, or notes named "row"; so does a note
  // named "corner" above them. Notes named "cause", words in cells, are not seen where the names hide their cells.
  keepRowNames() {
    const { plot, frame } = this;
    if (!frame.scrollLeft && !plot.querySelector(".ground")) return false; // measuring them takes a layout of the page
    const { paper_bgcolor: fill, yaxis } = plot._fullLayout;
    const notes = this.notes("row");
    const ticks = () => [...plot.querySelectorAll(".subplot.xy .yaxislayer-above > .ytick")];
    const names = [...(notes.length ? notes : ticks()), ...this.notes("corner")];
    plot.querySelector(".ground")?.remove();
    plot.querySelector(".hidden-columns")?.remove();
    const inCells = this.notes("cause");
    for (const name of names) name.style.translate = "";
    for (const note of inCells) note.style.visibility = "";
    const width = Math.max(...names.map((name) => name.getBoundingClientRect().right)) - plot.getBoundingClientRect().left;
    const by = width < ROW_NAMES * frame.clientWidth ? frame.scrollLeft : 0;
    if (!names.length || !by) return false;
    const height = yaxis._offset + yaxis._length;
    // Its edge is soft, as where more lies behind the edge of the frame.
    const style = `filter: drop-shadow(0.3rem 0 0.25rem ${fill})`;
    names[0].before(element("rect", { class: "ground", x: by, y: 0, width: width + 4, height, fill, style }));
    for (const name of names) name.style.translate = `${by}px`;
    const edge = plot.getBoundingClientRect().left + by + width;
    for (const note of inCells) if (note.getBoundingClientRect().left < edge) note.style.visibility = "hidden";
    if (notes.length) this.countHiddenColumns(names[0], by, width);
    return true;
  }

  // Says above the names of rows, `width` px from the left of what is seen, how many columns they hide.
  countHiddenColumns(before, by, width) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const hidden = (xaxis.tickvals ?? []).filter((at) => xaxis._offset + xaxis.d2p(at) < by + width);
    if (!hidden.length) return;
    const { size, family, color: fill } = xaxis.tickfont;
    const font = { "font-size": size, "font-family": family, fill };
    const place = { x: by + width, y: yaxis._offset - 1.9 * size, "text-anchor": "end" };
    const text = element("text", { class: "hidden-columns", ...place, ...font });
    text.textContent = `← ${hidden.length} more`;
    before.before(text);
  }

  // The legend, or a note named "legend", stays in view from its first word on, clear of a `faded` edge, as far as the picture
  // reaches.
  keepLegend(faded) {
    const { plot, frame } = this;
    const legend = plot.querySelector(".legend") ?? this.notes("legend")[0];
    if (!legend || (!frame.scrollLeft && !legend.style.translate)) return;
    legend.style.translate = "";
    const [of, within] = [legend.getBoundingClientRect(), frame.getBoundingClientRect()];
    const room = frame.scrollWidth - frame.scrollLeft - (of.right - within.left);
    legend.style.translate = `${Math.max(0, Math.min(within.left + (faded ? FADE : 0) - of.left, room))}px`;
  }

  // The tool bar stays in view, whole, at the right of what is seen.
  keepToolbar() {
    const { plot, frame } = this;
    const tools = plot.querySelector(".modebar");
    if (!tools || frame.scrollWidth === frame.clientWidth) return;
    tools.style.translate = "";
    const beyond = tools.getBoundingClientRect().right - frame.getBoundingClientRect().right;
    tools.style.translate = `${Math.min(0, -beyond)}px`;
  }

  // A fade at each edge behind which there is more; names of rows that stay in view have one of their own.
  fade() {
    const { scrollLeft, scrollWidth, clientWidth } = this.frame;
    const kept = this.plot.data && this.keepRowNames();
    const faded = scrollLeft > 1 && !kept;
    if (this.plot.data) this.keepLegend(faded);
    if (this.plot.data) this.keepToolbar();
    this.frame.classList.toggle("more-left", faded);
    const end = Math.min(scrollWidth - clientWidth, this.columns); // behind the last column there is nothing
    this.frame.classList.toggle("more-right", scrollLeft < end - 1);
  }

  end() {
    this.ends.abort();
    this.resized.disconnect();
    globalThis.Plotly?.purge(this.plot);
  }
}

const plots = (globalThis.maskscopePlots ??= new WeakMap());

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const frame = parentElement.querySelector(".plot-frame");
  if (!plots.has(frame)) plots.set(frame, new Plot(frame));
  const plot = plots.get(frame);
  plot.show(new TextDecoder().decode(data), (click) => setTriggerValue("clicked", click));
  // Streamlit also ends the turn that a newer one overtook.
  const turn = (plot.turn += 1);
  return () => {
    if (plot.turn !== turn) return;
    plot.end();
    plots.delete(frame);
  };
}
