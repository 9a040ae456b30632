// Tokens as flowing text. Each token is a button (or plain text); its text is set as textContent, never as HTML.
// Nodes are kept and updated in place, so that keyboard focus stays where it is while text streams in.

// By strip: clicks that the server has not taken over yet. Of messages that wait for it, it reads the last alone.
const waiting = new WeakMap();

const LONGEST = 24; // characters of a word that stays on one line

const mark = (node, name, value) => (value === null ? node.removeAttribute(name) : node.setAttribute(name, value));

// Only what has a role can have a label: plain text that is read as other words counts as a picture of them.
function label(node, { spoken, clickable }) {
  mark(node, "aria-label", spoken || null);
  if (node.tagName === "SPAN") mark(node, "role", clickable ? "button" : spoken ? "img" : null);
}

function fill(node, token) {
  const word = node.firstChild;
  const leads = /^ \S/.test(token.text) && token.text.length <= LONGEST;
  if (word.textContent !== token.text) word.textContent = token.text;
  const note = node.lastChild;
  if (note.textContent !== token.note) note.textContent = token.note;
  note.hidden = !token.note;
  node.className = `token ${token.state}${token.selected ? " selected" : ""}${token.repeated ? " repeated" : ""}${token.line_break ? " line-break" : ""}${leads ? " leads" : ""}${token.colour ? " tinted" : ""}`;
  node.style.background = token.background || "";
  node.style.color = token.colour || "";
  node.title = token.title || "";
  label(node, token);
  mark(node, "aria-pressed", token.pressed === null ? null : String(token.pressed));
}

// In running text a token that is clicked is no <button>: the space that this begins with would indent the line that it begins.
function make(clickable, flows) {
  const node = document.createElement(clickable && !flows ? "button" : "span");
  if (clickable && !flows) node.type = "button";
  if (clickable && flows) node.tabIndex = 0;
  for (const name of ["word", "note"]) {
    const part = document.createElement("span");
    part.className = name;
    node.appendChild(part);
  }
  return node;
}

// Returns for each token whether it goes on with the word of the token before, so that no line may break between them.
function goesOn(tokens) {
  let length = 0;
  return tokens.map(({ text, line_break }, index) => {
    const before = tokens[index - 1];
    const same = before && !line_break && !before.line_break && !/^\s/.test(text) && !/\s$/.test(before.text);
    length = (same ? length : 0) + text.length;
    return same && length <= LONGEST;
  });
}

// Puts a token behind the one before it: into a whole with it where both are of one word, else beside it.
function put(strip, node, before, same) {
  const top = (one) => (one.parentElement === strip ? one : one.parentElement);
  if (same) {
    if (before.parentElement === strip) {
      const whole = document.createElement("span");
      whole.className = "whole";
      before.replaceWith(whole);
      whole.append(before);
    }
    if (before.nextSibling !== node) before.after(node);
    return;
  }
  const first = node.parentElement?.className === "whole" && !node.previousSibling; // it takes its whole along
  const unit = first ? node.parentElement : node;
  if (!before) strip.firstChild !== unit && strip.prepend(unit);
  else if (top(before).nextSibling !== unit) top(before).after(unit);
}

function step(strip, from, by) {
  const buttons = [...strip.querySelectorAll(".token:is(button, [tabindex])")];
  const next = buttons[buttons.indexOf(from) + by];
  if (next) next.focus();
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const strip = parentElement.querySelector(".strip");
  strip.setAttribute("aria-label", data.label);
  strip.classList.toggle("large", data.size === "large");
  strip.classList.toggle("flow", ["flow", "dense"].includes(data.size));
  strip.classList.toggle("dense", data.size === "dense");
  for (const [name, colour] of Object.entries(data.colours)) strip.style.setProperty(`--${name}`, colour);

  const clicks = (waiting.get(strip) ?? []).filter(({ number }) => number >= data.taken);
  waiting.set(strip, clicks);
  const click = (at) => {
    clicks.push({ number: (clicks.at(-1)?.number ?? data.taken - 1) + 1, at });
    setTriggerValue("clicked", [...clicks]);
  };

  for (const gap of strip.querySelectorAll("wbr")) gap.remove();
  const nodes = [...strip.querySelectorAll(".token")];
  const flows = strip.classList.contains("flow"); // elsewhere each token stands alone
  const same = flows ? goesOn(data.tokens) : [];
  data.tokens.forEach((token, index) => {
    let node = nodes[index];
    if (!node || node.matches("button, [tabindex]") !== token.clickable) {
      node?.remove();
      node = nodes[index] = make(token.clickable, flows);
    }
    fill(node, token);
    put(strip, node, nodes[index - 1], same[index]);
    node.onclick = token.clickable ? () => click(index) : null;
  });
  for (const node of nodes.slice(data.tokens.length)) node.remove();
  for (const whole of strip.querySelectorAll(".whole:empty")) whole.remove();
  if (flows) for (const unit of [...strip.children].slice(1)) unit.before(document.createElement("wbr"));

  strip.onkeydown = (event) => {
    if (event.key === "ArrowRight") step(strip, event.target, 1);
    else if (event.key === "ArrowLeft") step(strip, event.target, -1);
    else if (flows && ["Enter", " "].includes(event.key)) event.target.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}
