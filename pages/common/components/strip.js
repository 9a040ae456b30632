// Tokens as flowing text. Each token is a button (or plain text); its text is set as textContent, never as HTML.
// Nodes are kept and updated in place, so that keyboard focus stays where it is while text streams in.

const mark = (node, name, value) => (value === null ? node.removeAttribute(name) : node.setAttribute(name, value));

// Only what has a role can have a label: plain text that is read as other words counts as a picture of them.
function label(node, { spoken, clickable }) {
  mark(node, "aria-label", spoken || null);
  mark(node, "role", spoken && !clickable ? "img" : null);
}

function fill(node, token) {
  const word = node.firstChild;
  if (word.textContent !== token.text) word.textContent = token.text;
  const note = node.lastChild;
  if (note.textContent !== token.note) note.textContent = token.note;
  note.hidden = !token.note;
  node.className = `token ${token.state}${token.selected ? " selected" : ""}${token.repeated ? " repeated" : ""}${token.line_break ? " line-break" : ""}${token.colour ? " tinted" : ""}`;
  node.style.background = token.background || "";
  node.style.color = token.colour || "";
  node.title = token.title || "";
  label(node, token);
  mark(node, "aria-pressed", token.pressed === null ? null : String(token.pressed));
}

function make(clickable) {
  const node = document.createElement(clickable ? "button" : "span");
  if (clickable) node.type = "button";
  for (const name of ["word", "note"]) {
    const part = document.createElement("span");
    part.className = name;
    node.appendChild(part);
  }
  return node;
}

function step(strip, from, by) {
  const buttons = [...strip.querySelectorAll("button")];
  const next = buttons[buttons.indexOf(from) + by];
  if (next) next.focus();
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const strip = parentElement.querySelector(".strip");
  strip.setAttribute("aria-label", data.label);
  strip.classList.toggle("large", data.size === "large");
  strip.classList.toggle("flow", ["flow", "dense"].includes(data.size));
  strip.classList.toggle("dense", data.size === "dense");
  for (const [name, colour] of Object.entries(data.colours)) strip.style.setProperty(`--${name}`, colour);

  data.tokens.forEach((token, index) => {
    let node = strip.children[index];
    const tag = token.clickable ? "BUTTON" : "SPAN";
    if (!node || node.tagName !== tag) {
      const fresh = make(token.clickable);
      if (node) strip.replaceChild(fresh, node);
      else strip.appendChild(fresh);
      node = fresh;
    }
    fill(node, token);
    node.onclick = token.clickable ? () => setTriggerValue("clicked", index) : null;
  });
  while (strip.children.length > data.tokens.length) strip.lastChild.remove();

  strip.onkeydown = (event) => {
    if (event.key === "ArrowRight") step(strip, event.target, 1);
    else if (event.key === "ArrowLeft") step(strip, event.target, -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}
