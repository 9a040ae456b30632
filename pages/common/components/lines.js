// One head as lines from the tokens that read (left) to the tokens that are read (right). A token under the mouse or in
// focus lights its lines and has their shares written at the other ends. Tokens are set as textContent, never as HTML.
// Nodes are kept and updated in place, so that what is lit stays lit while one head follows another.

const SVG = "http://www.w3.org/2000/svg";
const QUERY = 0;

// The token that each view lights, for the next run.
const lit = new WeakMap();

// Two significant digits, as formatting/__init__.py writes shares from 1 % on; smaller ones have no line.
function percent(weight) {
  const lacking = 1 - weight;
  if (weight >= 0.995 && lacking > 1e-6) {
    if (lacking < 1e-4) return ">99.99 %";
    return `${(weight * 100).toFixed(-Math.floor(Math.log10(lacking * 100)))} %`;
  }
  const value = Number((weight * 100).toPrecision(2));
  return `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

function fit(parent, count, make) {
  while (parent.children.length > count) {
    parent.lastChild.onblur = null; // focus that goes with its node is no step of the reader's
    parent.lastChild.remove();
  }
  while (parent.children.length < count) parent.appendChild(make());
}

function makeToken(tag) {
  const node = document.createElement(tag);
  if (tag === "button") node.type = "button";
  else node.setAttribute("role", "note");
  node.tabIndex = -1;
  for (const name of ["word", "share"]) {
    const part = document.createElement("span");
    part.className = name;
    node.appendChild(part);
  }
  return node;
}

function fillColumn(column, side, data) {
  fit(column, data.tokens.length, () => makeToken(side === QUERY ? "button" : "span"));
  const quiet = new Set(data.quiet[side]);
  data.tokens.forEach((text, index) => {
    const node = column.children[index];
    if (node.firstChild.textContent !== text) node.firstChild.textContent = text;
    node.firstChild.dataset.word = text;
    node.title = data.titles[index];
    node.className = quiet.has(index) ? "token quiet" : "token";
    node.lastChild.textContent = "";
  });
  // One stop of Tab a column; the arrow keys go on from there.
  if (!column.querySelector("[tabindex='0']") && column.firstChild) column.firstChild.tabIndex = 0;
}

const makePath = () => document.createElementNS(SVG, "path");

function fillPath(path, [query, key, weight], { row, size }) {
  const [thinnest, widest] = size === "dense" ? [0.6, 3.5] : [0.8, 7];
  const [from, to] = [(query + 0.5) * row, (key + 0.5) * row];
  const strength = Math.sqrt(weight);
  path.setAttribute("d", `M0 ${from}C38 ${from} 62 ${to} 100 ${to}`);
  path.dataset.pair = `${query}-${key}`;
  path.style.strokeWidth = thinnest + (widest - thinnest) * strength;
  path.style.setProperty("--strength", strength);
}

function fillLines(group, lines, data) {
  fit(group, lines.length, makePath);
  lines.forEach((line, index) => fillPath(group.children[index], line, data));
}

function clear(root) {
  for (const node of root.querySelectorAll(".token:is(.at, .lit, .struck)")) {
    node.classList.remove("at", "lit", "struck");
    node.lastChild.textContent = "";
  }
}

function announce({ announcement, data }, side, index, found) {
  const others = found.map((line) => `${data.tokens[line[1 - side]]} ${percent(line[2])}`);
  const verb = side === QUERY ? "reads" : "is read by";
  announcement.textContent = `${data.tokens[index]} ${verb} ${others.slice(-3).reverse().join(", ") || "nothing"}`;
}

// The lit lines lie as copies above all lines, which fade as one: one by one, thousands of faint ones add up to a cloud.
function light(view, side, index) {
  const { root, data, columns, litLines } = view;
  clear(root);
  const token = columns[side]?.children[index];
  const found = token ? data.lines.filter((line) => line[side] === index) : [];
  root.classList.toggle("lighting", Boolean(token));
  lit.set(root, token ? [side, index] : []);
  fillLines(litLines, found, data);
  if (!token) return;
  token.classList.add("at");
  for (const line of found) {
    const other = columns[1 - side].children[line[1 - side]];
    other.classList.add("lit");
    other.lastChild.textContent = percent(line[2]);
  }
  for (const [query, first, last] of data.blocked) {
    if (side !== QUERY || query !== index) continue;
    for (let key = first; key <= last; key++) columns[1].children[key].classList.add("struck");
  }
  announce(view, side, index, found);
}

// Where a token stands: [side, index], nothing for anything else.
function place(view, node) {
  const token = node?.closest?.(".token");
  const side = view.columns.indexOf(token?.parentElement);
  return side < 0 ? [] : [side, [...view.columns[side].children].indexOf(token)];
}

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function listen(view, setTriggerValue) {
  const { root, columns } = view;
  // What lies under the mouse goes before what is in focus.
  const back = () => {
    const next = place(view, root.querySelector(".token:hover") ?? root.getRootNode().activeElement);
    if (`${next}` !== `${lit.get(root)}`) light(view, ...next);
  };
  root.onmouseover = back;
  root.onmouseleave = back;
  root.onclick = (event) => {
    const [side, index] = place(view, event.target);
    if (side === QUERY) setTriggerValue("clicked", index);
  };
  root.onkeydown = (event) => {
    const [side, index] = place(view, event.target);
    if (side === undefined) return;
    if (event.key === "Escape") event.target.blur();
    const step = STEPS[event.key];
    if (!step) return;
    columns[side + step[0]]?.children[index + step[1]]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  const focused = ({ target }) => {
    const [side, index] = place(view, target);
    for (const node of columns[side].querySelectorAll("[tabindex='0']")) node.tabIndex = -1;
    target.tabIndex = 0;
    light(view, side, index);
  };
  // On its way to another token focus leaves nothing dark: that one lights itself.
  const left = ({ relatedTarget }) => place(view, relatedTarget).length || back();
  for (const node of columns.flatMap((column) => [...column.children])) Object.assign(node, { onfocus: focused, onblur: left });
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".lines");
  const columns = [...root.querySelectorAll(".tokens")];
  const view = { root, data, columns };
  view.litLines = root.querySelector("g.lit");
  view.announcement = root.querySelector(".announcement");
  root.setAttribute("aria-label", data.label);
  for (const size of ["large", "text", "dense"]) root.classList.toggle(size, data.size === size);
  for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);
  root.style.setProperty("--row", `${data.row}px`);
  root.querySelector(".left-out").textContent = data.left_out;
  columns.forEach((column, side) => fillColumn(column, side, data));
  const svg = root.querySelector("svg");
  const height = data.tokens.length * data.row;
  svg.setAttribute("viewBox", `0 0 100 ${height}`);
  svg.style.height = `${height}px`;
  fillLines(svg.querySelector(".every"), data.lines, data);
  listen(view, setTriggerValue);
  light(view, ...(lit.get(root) ?? []));
}
