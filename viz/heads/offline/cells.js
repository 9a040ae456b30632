// What the page knows of its cells: their numbers, words, colours and marks. `cells` is how many a head has a side, each of
// `pooled` x `pooled` tokens.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const { layers, heads, tokens, cells, pooled, colours } = data;
const STEPS = 65535;
const FONT = getComputedStyle(document.body).fontFamily;
const at = (name) => document.getElementById(name);
const state = { layer: 0, head: 0, query: -1, key: -1, map: null, place: null, matrix: null };

function decoded(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

const weights = new Uint16Array(decoded(data.weights).buffer);
const blocked = decoded(data.blocked);

// A cell's first cause is the one that is drawn; -1 where it may be read.
const causeOf = (bits) => (bits ? 31 - Math.clz32(bits & -bits) : -1);
const offset = (layer, head) => (layer * heads + head) * cells * cells;
const within = (value, count) => Number.isInteger(value) && value >= 0 && value < count;

// The number that is drawn, null where none is: blocked, or beyond the edges.
function weight(layer, head, query, key) {
  if (!within(layer, layers) || !within(head, heads) || !within(query, cells) || !within(key, cells)) return null;
  const cell = query * cells + key;
  return blocked[cell] ? null : weights[offset(layer, head) + cell] / STEPS;
}

const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

// The colours of 1,025 even steps of the square root of the weight, as ramp_colour in theme.py makes them.
const RAMP = Array.from({ length: 1025 }, (_, step) => {
  const place = (step / 1024) * (colours.ramp.length - 1);
  const low = Math.min(Math.floor(place), colours.ramp.length - 2);
  const [a, b] = [channels(colours.ramp[low]), channels(colours.ramp[low + 1])];
  return a.map((from, i) => Math.round(from + (b[i] - from) * (place - low)));
});
const colourOf = (steps) => RAMP[Math.round(Math.sqrt(steps / STEPS) * 1024)];

// Black or white, whichever has more contrast with the cell (WCAG 2.2).
function ink(rgb) {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) ** 2 > 0.05 * 1.05 ? "#000000" : "#ffffff";
}

// Two significant figures; the smallest step that travels is 0.0015%.
function percent(share, least = "less than 0.001%") {
  if (!share) return least;
  const rounded = Number((share * 100).toPrecision(2));
  return `${rounded >= 10 ? rounded.toFixed(0) : String(rounded)}%`;
}

// The tokens of one cell, with their places where the name alone would not tell which is meant.
function tokenName(cell) {
  const first = cell * pooled;
  const last = Math.min(first + pooled, tokens) - 1;
  const [from, to] = [data.labels[first], data.labels[last]];
  if (first < last) return `“${from}” to “${to}” (tokens ${first} to ${last})`;
  const often = data.labels.indexOf(from) !== data.labels.lastIndexOf(from);
  return often ? `“${from}” (token ${first})` : `“${from}”`;
}

function sentence(layer, head, query, key) {
  const [reader, read] = [tokenName(query), tokenName(key)];
  const share = weight(layer, head, query, key);
  const each = pooled > 1 ? " at most" : " of its weight";
  if (share !== null) return `${reader} reads ${read}: ${percent(share)}${each}`;
  const bits = blocked[query * cells + key];
  const reasons = data.causes.filter((_, i) => bits & (1 << i)).map((look) => look.reason);
  return `${reader} may not read ${read}: ${reasons.join(" and ")}`;
}

const ratio = () => window.devicePixelRatio || 1;
const snapped = (px) => Math.round(px * ratio()) / ratio();

// Returns the canvas' context, sized to whole device pixels and scaled so that one unit is one CSS px.
function sized(canvas, width, height) {
  canvas.width = Math.round(width * ratio());
  canvas.height = Math.round(height * ratio());
  canvas.style.width = `${canvas.width / ratio()}px`;
  canvas.style.height = `${canvas.height / ratio()}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio(), ratio());
  context.imageSmoothingEnabled = false;
  return context;
}

const written = (context, size, bold = false) => (context.font = `${bold ? 600 : 400} ${size}px ${FONT}`);

// One head as a picture of `size` x `size` px, each the largest of `by` x `by` cells; `tinted` shows why cells are blocked.
function picture(layer, head, by, tinted) {
  const size = Math.ceil(cells / by);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const image = new ImageData(size, size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const found = largest(offset(layer, head), row * by, column * by, by);
      if (found < 0 && !tinted) continue;
      const rgb = found < 0 ? channels(data.causes[-1 - found].tint) : colourOf(found);
      image.data.set([...rgb, 255], (row * size + column) * 4);
    }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// The largest weight of a block, in steps; where all of it is blocked, -1 minus the cause of its first cell.
function largest(start, top, left, by) {
  let found = -1 - causeOf(blocked[top * cells + left]);
  for (let row = top; row < Math.min(top + by, cells); row++)
    for (let cell = row * cells + left; cell < row * cells + Math.min(left + by, cells); cell++)
      if (!blocked[cell]) found = Math.max(found, weights[start + cell]);
  return found;
}

// The marks of one cause, as a pattern that is drawn in device pixels.
function hatch(context, look, wide) {
  const size = Math.round(wide * ratio());
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const tile = canvas.getContext("2d");
  tile.fillStyle = look.tint;
  tile.fillRect(0, 0, size, size);
  tile.strokeStyle = tile.fillStyle = look.mark;
  tile.lineWidth = Math.max(ratio(), look.solidity * size * 0.8);
  marks(tile, look, size);
  const pattern = context.createPattern(canvas, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio()));
  return pattern;
}

function marks(tile, { pattern, solidity }, size) {
  const line = (x0, y0, x1, y1) => tile.stroke(new Path2D(`M${x0} ${y0}L${x1} ${y1}`));
  if (pattern === "|") line(size / 2, 0, size / 2, size);
  for (const shift of [-size, 0, size]) {
    if ("/x".includes(pattern)) line(shift - size, 2 * size, shift + 2 * size, -size);
    if (pattern === "x") line(shift - size, -size, shift + 2 * size, 2 * size);
  }
  if (pattern !== ".") return;
  const radius = Math.max(0.9 * ratio(), Math.sqrt(solidity / Math.PI) * size);
  tile.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
  tile.fill();
}
