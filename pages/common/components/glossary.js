// A line of text whose terms are buttons. The line that has all terms opens them as a list, at the one that was asked for.

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

function open(dialog, term) {
  for (const entry of dialog.querySelectorAll("[data-term]")) {
    entry.classList.toggle("asked", entry.dataset.term === term);
  }
  dialog.showModal();
  dialog.querySelector(".asked")?.scrollIntoView({ block: "center" });
}

export default function (component) {
  const { parentElement } = component;
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const line = parentElement.querySelector(".line");
  const all = Boolean(data.terms);
  line.classList.toggle("all", all);
  if (all && !parentElement.querySelector("dialog")) {
    const dialog = list(data.terms);
    line.after(dialog);
    globalThis.maskscopeGlossary = (term) => open(dialog, term);
  }
  line.replaceChildren(
    ...data.parts.map(({ text, term }) => {
      if (!term) return element("span", text);
      const button = element("button", text);
      button.setAttribute("aria-haspopup", "dialog");
      button.addEventListener("click", () => globalThis.maskscopeGlossary?.(term));
      return button;
    }),
  );
}
