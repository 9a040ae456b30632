// The glossary as a list. Terms in the sentences of a page are links into it, and open it where they stand in it.

const LINK = "#glossary-";

const element = (tag, text, name) => {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (name) made.className = name;
  return made;
};

function list(terms) {
  const dialog = element("dialog");
  dialog.setAttribute("aria-label", "Glossary");
  const head = element("div", "", "head");
  const close = element("button", "Close", "close");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // on what is behind it
  const entries = element("dl");
  for (const [term, meaning] of Object.entries(terms)) {
    const entry = element("div");
    entry.dataset.term = term;
    entry.append(element("dt", term), element("dd", meaning));
    entries.append(entry);
  }
  head.append(element("h2", "Glossary"), close);
  dialog.append(head, entries);
  return dialog;
}

function open(dialog, hash = "") {
  for (const entry of dialog.querySelectorAll("[data-term]")) {
    entry.classList.toggle("asked", hash === LINK + encodeURIComponent(entry.dataset.term));
  }
  dialog.showModal();
  dialog.querySelector(".asked")?.scrollIntoView({ block: "center" });
}

function openLinked(event) {
  const link = event.target.closest?.(`a[href^="${LINK}"]`);
  const dialog = globalThis.maskscopeGlossary;
  if (!link || !dialog.isConnected) return; // while another page comes the term waits in the address, as below
  event.preventDefault();
  open(dialog, link.hash);
}

function withButton(parentElement, terms) {
  const dialog = list(terms);
  const button = parentElement.querySelector(".open");
  button.addEventListener("click", () => open(dialog));
  button.after(dialog);
  return dialog;
}

export default function ({ data, parentElement }) {
  if (!globalThis.maskscopeGlossary) document.addEventListener("click", openLinked);
  const dialog = parentElement.querySelector("dialog") ?? withButton(parentElement, JSON.parse(new TextDecoder().decode(data)));
  globalThis.maskscopeGlossary = dialog;
  const { hash, pathname, search } = window.location;
  if (!hash.startsWith(LINK)) return;
  // A link from elsewhere, or a click that came before this did.
  window.history.replaceState(window.history.state, "", pathname + search);
  open(dialog, hash);
}
