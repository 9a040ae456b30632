// Lays out two canvases, the map of all heads and the open one, and follows the pointer and the keys. Sizes are in CSS px.
// Stands below cells.js, in the same script. Text only ever arrives as textContent or on a canvas.

function drawMap() {
  const canvas = at("map");
  const room = canvas.parentElement.clientWidth - 48;
  const pitch = Math.max(8, Math.floor(Math.min(64, room / heads, (window.innerHeight - 190) / layers)));
  const place = (state.map = { left: 44, top: 44, pitch });
  const context = sized(canvas, place.left + heads * pitch + 4, place.top + layers * pitch + 4);
  const gap = Math.max(2, Math.round(pitch / 12));
  const by = Math.max(1, Math.ceil(cells / ((pitch - gap) * ratio())));
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const [x, y, side] = [place.left + head * pitch + gap / 2, place.top + layer * pitch + gap / 2, pitch - gap];
      context.drawImage(picture(layer, head, by, true), x, y, side, side);
    }
  context.strokeStyle = colours.accent;
  context.lineWidth = 3;
  context.strokeRect(place.left + state.head * pitch, place.top + state.layer * pitch, pitch, pitch);
  numberMap(context, place);
  Object.assign(canvas.dataset, place);
  canvas.setAttribute("aria-label", `All ${layers * heads} heads, layers down, heads across; open: ${named()}.`);
}

function numberMap(context, { left, top, pitch }) {
  const every = Math.ceil(22 / pitch);
  const number = (count, open, draw) => {
    for (let i = 0; i < count; i++) {
      if (i !== open && (i % every || (every > 1 && Math.abs(i - open) < every))) continue;
      written(context, 16, i === open);
      context.fillStyle = i === open ? colours.accent : colours.muted;
      draw(i, (i + 0.5) * pitch);
    }
  };
  context.textBaseline = "middle";
  context.textAlign = "center";
  number(heads, state.head, (i, along) => context.fillText(i, left + along, top - 12));
  number(layers, state.layer, (i, along) => context.fillText(i, left - 14, top + along));
  written(context, 16);
  context.fillStyle = colours.muted;
  context.fillText("head", left + (heads * pitch) / 2, 9);
  context.translate(9, top + (layers * pitch) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("layer", 0, 0);
}

// Below this width keys are written upwards, and the open head may be as high as it is wide.
const NARROW = 560;
const named = () => `layer ${state.layer}, head ${state.head}`;
const short = (cell) => data.short[cell * pooled] ?? data.labels[cell * pooled];

// Where the open head's parts stand: cells as large as the window leaves room for, labels as large as the cells.
function placed(context, room, high) {
  const [smallest, largest] = data.fonts;
  const texts = Array.from({ length: cells }, (_, cell) => short(cell));
  let place;
  for (let font = largest; font >= smallest; font--) {
    written(context, font, true);
    const long = Math.max(...texts.map((text) => context.measureText(text).width));
    const left = Math.ceil(Math.max(long, 72)) + 14;
    const fit = (turn, top, right) => {
      const most = Math.min(room - left - right, high - top) / cells;
      return { font, left, top, turn, cell: snapped(Math.min(Math.max(96, 280 / cells), most) - 0.5 / ratio()) };
    };
    place = fit(0, font + 40, 4);
    if (long > place.cell - 6)
      place = room < NARROW ? fit(-Math.PI / 2, long + 14, 4) : fit(-Math.PI / 4, long * 0.71 + 30, long * 0.6);
    if (font * 1.25 <= place.cell) break;
  }
  place.cell = Math.max(place.cell, 1 / ratio());
  place.left = snapped(place.left);
  place.top = snapped(place.top);
  return { ...place, step: Math.ceil((place.font * 1.25) / place.cell), side: place.cell * cells };
}

// The matrix without labels and crosshair, once per head; the rest is drawn anew at each movement of the pointer.
function matrix({ cell, side }) {
  const canvas = document.createElement("canvas");
  const context = sized(canvas, side, side);
  const looks = data.causes.map((look) => hatch(context, look, Math.min(14, Math.max(6, cell / 4))));
  for (let i = 0; i < cells * cells; i++) {
    if (!blocked[i]) continue;
    context.fillStyle = looks[causeOf(blocked[i])];
    context.fillRect((i % cells) * cell, Math.floor(i / cells) * cell, cell, cell);
  }
  context.drawImage(picture(state.layer, state.head, 1, false), 0, 0, side, side);
  if (cells <= data.gapsUpTo) separate(context, cell, side);
  if (cells <= data.numbersUpTo && cell >= 34) number(context, cell);
  return canvas;
}

function separate(context, cell, side) {
  const gap = snapped(Math.max(1, cell / 24));
  context.fillStyle = colours.paper;
  for (let i = 1; i < cells; i++) {
    context.fillRect(i * cell - gap / 2, 0, gap, side);
    context.fillRect(0, i * cell - gap / 2, side, gap);
  }
}

function number(context, cell) {
  written(context, Math.min(data.fonts[1], Math.floor(cell * 0.27)));
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < cells * cells; i++) {
    if (blocked[i]) continue;
    const steps = weights[offset(state.layer, state.head) + i];
    context.fillStyle = ink(colourOf(steps));
    context.fillText(percent(steps / STEPS, "0"), ((i % cells) + 0.5) * cell, (Math.floor(i / cells) + 0.5) * cell);
  }
}

function drawHead() {
  const { place } = state;
  const context = sized(at("head"), place.width, place.top + place.side + 2);
  context.drawImage(state.matrix, place.left, place.top, place.side, place.side);
  directions(context, place);
  for (let cell = 0; cell < cells; cell++) {
    const along = (cell + 0.5) * place.cell;
    label(context, cell, state.query, "right", place.left - 8, place.top + along, 0);
    label(context, cell, state.key, place.turn ? "left" : "center", place.left + along, place.top - 8, place.turn);
  }
  if (state.query >= 0) crosshair(context, place);
  Object.assign(at("head").dataset, { left: place.left, top: place.top, cell: place.cell });
  writeSentence();
}

// Draws a cell's token on one axis; around `open`, the cell that is pointed at, other labels give way.
function label(context, cell, open, align, x, y, turn) {
  const { step, font } = state.place;
  if (cell !== open && (cell % step || (open >= 0 && Math.abs(cell - open) < step))) return;
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  context.textAlign = align;
  context.textBaseline = align === "center" ? "bottom" : "middle";
  written(context, font, cell === open);
  context.fillStyle = cell === open ? colours.accent : colours.text;
  context.fillText(short(cell), 0, 0);
  context.restore();
}

function directions(context, { left, top }) {
  written(context, 15);
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText("is read →", left - 8, top - 8);
  context.fillText("reads ↓", left - 8, top - 26);
}

function crosshair(context, { left, top, cell, side }) {
  const [x, y] = [left + state.key * cell, top + state.query * cell];
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.strokeRect(left, y, side, cell);
  context.strokeRect(x, top, cell, side);
}

function writeSentence() {
  const { layer, head, query, key } = state;
  at("name").textContent = named();
  at("sentence").className = query < 0 ? "idle" : "";
  at("sentence").textContent = query < 0 ? "Point at a cell: who reads whom, and how much." : sentence(layer, head, query, key);
  at("head").setAttribute("aria-label", `Attention weights of ${named()}: rows read columns.`);
}

function drawKey() {
  const { left, side } = state.place;
  const width = Math.max(side, 420); // in less the ticks of the bar would touch
  at("key").style.marginLeft = `${Math.max(0, Math.min(left, state.place.width - width))}px`;
  at("key").style.width = `${width}px`;
}

function fillKey() {
  for (const tick of data.ticks) {
    const node = at("ticks").appendChild(document.createElement("span"));
    node.textContent = `${tick * 100}%`;
    node.style.left = `${Math.sqrt(tick) * 100}%`;
  }
  for (const look of data.causes.filter(({ used }) => used)) {
    const item = at("causes").appendChild(document.createElement("li"));
    const context = sized(item.appendChild(document.createElement("canvas")), 24, 24);
    context.fillStyle = hatch(context, look, 8);
    context.fillRect(0, 0, 24, 24);
    item.append(look.label);
  }
  const pool = `each cell is the largest weight in its block of ${pooled} × ${pooled}; labels are thinned out.`;
  at("pooled").hidden = pooled === 1;
  at("pooled").textContent = `${tokens} tokens: ${pool}`;
  const touched = window.matchMedia("(hover: none)").matches;
  at("how").textContent = touched ? "Tap a head to open it." : "Click a head to open it, or use the arrow keys.";
}

function open(layer, head) {
  state.layer = Math.min(Math.max(layer, 0), layers - 1);
  state.head = Math.min(Math.max(head, 0), heads - 1);
  layOut();
}

function layOut() {
  drawMap();
  const canvas = at("head");
  const room = canvas.parentElement.clientWidth;
  const left = window.innerHeight - canvas.offsetTop - at("key").offsetHeight - 24;
  const high = room < NARROW ? Infinity : Math.max(360, left);
  state.place = { ...placed(canvas.getContext("2d"), room, high), width: room };
  state.matrix = matrix(state.place);
  drawKey();
  drawHead();
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function listen() {
  document.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open(state.layer + move[0], state.head + move[1]);
  });
  at("map").addEventListener("click", ({ offsetX, offsetY }) => {
    const { left, top, pitch } = state.map;
    const [layer, head] = [Math.floor((offsetY - top) / pitch), Math.floor((offsetX - left) / pitch)];
    if (within(layer, layers) && within(head, heads)) open(layer, head);
  });
  const point = ({ offsetX, offsetY }) => {
    const { left, top, cell } = state.place;
    const [query, key] = [Math.floor((offsetY - top) / cell), Math.floor((offsetX - left) / cell)];
    const inside = within(query, cells) && within(key, cells);
    aim(inside ? query : -1, inside ? key : -1);
  };
  at("head").addEventListener("pointermove", point);
  at("head").addEventListener("pointerdown", point);
  // A finger that is lifted leaves, too, and its reader wants to read on.
  at("head").addEventListener("pointerleave", (event) => event.pointerType === "mouse" && aim(-1, -1));
  window.addEventListener("resize", () => requestAnimationFrame(layOut));
}

function aim(query, key) {
  if (query === state.query && key === state.key) return;
  Object.assign(state, { query, key });
  drawHead();
}

fillKey();
listen();
layOut();
window.maskscope = { weight };
