// Pictures that a reader saves: with a caption below, in the fonts of the page, as PNG or as a drawing of a chosen width.

const CAPTION = { size: 13, line: 18, edge: 12 }; // px

// Widths of a drawing for papers: what a reader chooses, and how the file says it.
const WIDTHS = [
  ["As on the screen", ""],
  ["8.5 cm, one column", "8.5cm"],
  ["17 cm, two columns", "17cm"],
];

const SVG = "http://www.w3.org/2000/svg";

// Asks for a width; null where the reader changed his mind.
function columnWidth(frame) {
  const dialog = document.createElement("dialog");
  dialog.className = "plot-width";
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = document.createElement("strong");
  heading.id = "plot-width-heading";
  heading.textContent = "How wide?";
  dialog.setAttribute("aria-labelledby", heading.id);
  form.append(heading);
  for (const [label, width] of [...WIDTHS, ["Cancel", "cancel"]]) {
    const choice = document.createElement("button");
    choice.value = width || "screen";
    choice.textContent = label;
    form.append(choice);
  }
  dialog.append(form);
  frame.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      const said = dialog.returnValue || "cancel"; // empty after Escape
      done(said === "cancel" ? null : said === "screen" ? "" : said);
    });
  });
}

// Returns the fonts of the page that a text uses, as CSS that holds them: a picture sees no other files.
async function fontsFor(markup) {
  const rules = [...document.styleSheets].flatMap((sheet) => [...(sheet.cssRules ?? [])]).filter((rule) => {
    const family = rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-family").replace(/["']/g, "");
    return family && rule.style.getPropertyValue("font-style") !== "italic" && markup.includes(family);
  });
  const held = rules.map(async (rule) => {
    const address = /url\("?([^")]+)"?\)/.exec(rule.style.getPropertyValue("src"))?.[1];
    const file = address && (await fetch(new URL(address, rule.parentStyleSheet.href ?? document.baseURI)));
    if (!file?.ok) return "";
    const family = rule.style.getPropertyValue("font-family");
    const weight = rule.style.getPropertyValue("font-weight") || "normal";
    return `@font-face{font-family:${family};font-weight:${weight};src:url(${await dataAddress(await file.blob())})}`;
  });
  return (await Promise.all(held)).join("");
}

function dataAddress(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

// Returns the words of each line broken into lines of at most `width` px.
function wrapped(lines, width, font) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = font;
  const fits = (text) => pen.measureText(text).width <= width;
  const found = [];
  for (const line of lines) {
    let open = "";
    for (const word of line.split(" ")) {
      const longer = open ? `${open} ${word}` : word;
      if (fits(longer) || !open) open = longer;
      else {
        found.push(open);
        open = word;
      }
      while (!fits(open) && open.length > 1) {
        let end = open.length - 1;
        while (end > 1 && !fits(open.slice(0, end))) end -= 1;
        found.push(open.slice(0, end));
        open = open.slice(end);
      }
    }
    found.push(open);
  }
  return found;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Returns the drawing with its caption below, and its size in px.
async function captioned(plotly, plot, caption) {
  const { width, height, paper_bgcolor: paper, font } = plot._fullLayout;
  const address = await plotly.toImage(plot, { format: "svg", width, height });
  const drawing = new DOMParser().parseFromString(decodeURIComponent(address.split(",").slice(1).join(",")), "image/svg+xml");
  const root = drawing.documentElement;
  const { size, line, edge } = CAPTION;
  const lines = wrapped(caption, width - 2 * edge, `${size}px ${font.family}`);
  const below = lines.length ? lines.length * line + edge : 0;
  root.setAttribute("viewBox", `0 0 ${width} ${height + below}`);
  const fill = /^rgba\(.*, 0\)$|transparent/.test(paper) ? getComputedStyle(document.querySelector(".stApp")).backgroundColor : paper;
  root.prepend(element("rect", { width, height: height + below, fill }));
  lines.forEach((text, i) => {
    const place = { x: edge, y: height + (i + 0.75) * line, fill: font.color, "font-size": size, "font-family": font.family };
    const written = element("text", place);
    written.textContent = text;
    root.append(written);
  });
  const style = element("style", {});
  style.textContent = await fontsFor(root.textContent + new XMLSerializer().serializeToString(root));
  root.prepend(style);
  return { root, width, height: height + below };
}

async function asPng({ root, width, height }) {
  const scale = 2;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function savePicture(plotly, plot, { name, caption, format, width }) {
  const drawn = await captioned(plotly, plot, caption);
  const wide = parseFloat(width) || drawn.width;
  const unit = width ? "cm" : "";
  drawn.root.setAttribute("width", `${wide}${unit}`);
  drawn.root.setAttribute("height", `${(wide * drawn.height) / drawn.width}${unit}`);
  const text = new XMLSerializer().serializeToString(drawn.root);
  const file = format === "png" ? await asPng(drawn) : new Blob([text], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
