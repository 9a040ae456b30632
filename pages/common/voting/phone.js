// The page of a room on a phone: asks every two seconds what to show, and sends the vote. Text is set as text, never as HTML.

const EVERY = 2000; // ms
const PATIENCE = 8000; // ms until a question to the server counts as lost
const room = location.pathname.replace(/\/+$/, "");
const letters = room.slice(room.lastIndexOf("/") + 1).toUpperCase();
const part = (id) => document.getElementById(id);

const HINTS = {
  wait: "This page goes on by itself.",
  "no-vote": "There is no vote on this one.",
  closed: "The votes on this question have been counted.",
};

// One random id for this browser and room: it tells a changed vote from a second one, and nothing else.
const voter = (() => {
  const key = `maskscope-voter-${letters}`;
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const kept = localStorage.getItem(key);
    if (kept) return kept;
    localStorage.setItem(key, made);
  } catch {
    // Some browsers keep nothing: the id then lasts as long as the page.
  }
  return made;
})();

let drawn = ""; // the question and state on screen
let mine = {}; // what this phone chose, by step
let asked = 0; // answers that were overtaken by a later question are left aside
let timer = 0;
let over = false;

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function say(text, trouble = false) {
  if (part("said").textContent !== text) part("said").textContent = text;
  part("said").classList.toggle("trouble", trouble);
}

function choiceButton(now, choice, at) {
  const button = element("button");
  button.type = "button";
  button.append(element("span", `${at + 1}`), element("span", choice));
  button.addEventListener("click", () => vote(now.step, at));
  return button;
}

function countRow(now, choice, at) {
  const most = Math.max(...now.counts, 1);
  const own = mine[now.step] === at, right = now.right === at;
  const row = element("div", "", `row${own ? " yours" : ""}${right ? " right" : ""}`);
  const bar = element("div", "", "bar");
  const filled = element("div");
  filled.style.width = `${(100 * now.counts[at]) / most}%`;
  bar.append(filled);
  row.append(element("span", `${right ? "✓ " : ""}${at + 1}  ${choice}${own ? " (your vote)" : ""}`), element("span", `${now.counts[at]}`), bar);
  return row;
}

function draw(now) {
  const { yours, ...rest } = now;
  if (yours !== undefined && yours !== null) mine[now.step] = yours;
  const shape = JSON.stringify(rest);
  if (shape !== drawn) {
    drawn = shape;
    part("place").textContent = `Room ${letters}${now.place ? ` · ${now.place}` : ""}`;
    part("question").textContent = now.question ?? "Wait for the next question";
    const rows = { asked: choiceButton, counted: countRow }[now.state];
    const held = part("choices").contains(document.activeElement);
    part("choices").replaceChildren(...(rows ? now.choices.map((choice, at) => rows(now, choice, at)) : []));
    if (held) part("question").focus(); // what had it is gone
  }
  if (now.state === "asked") {
    const voted = press(yours);
    say(voted ? `Your vote: ${yours + 1}. You can change it until the answer is shown.` : "Choose one.");
  } else if (now.state === "counted") {
    const votes = `Votes: ${now.counts.reduce((a, b) => a + b, 0)}.`;
    say(now.right === null ? votes : `${votes} ✓ is the right answer; why is on the screen in front.`);
  } else say(HINTS[now.state]);
}

function press(choice) {
  const buttons = [...part("choices").children];
  buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === choice)));
  return choice !== undefined && choice !== null;
}

async function ask(path, options) {
  const mark = (asked += 1);
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(room + path, { cache: "no-store", signal: stop.signal, ...options });
    const now = await answer.json();
    if (mark !== asked) return;
    if (answer.ok) draw(now);
    else refused(answer.status, now.message);
  } catch {
    if (mark === asked) say("No connection to the server. Trying again …", true);
  } finally {
    clearTimeout(late);
    if (mark === asked) again();
  }
}

function refused(status, message) {
  drawn = "";
  over = status === 404;
  if (over) {
    part("place").textContent = "MaskScope";
    part("question").textContent = "This room is closed.";
    part("choices").replaceChildren();
    say("");
  } else say(message, true);
}

function again() {
  clearTimeout(timer);
  // Not all phones of a hall at once.
  if (!over && !document.hidden) timer = setTimeout(poll, EVERY * (0.9 + 0.2 * Math.random()));
}

function poll() {
  ask("/state", { headers: { "X-Voter": voter } });
}

function vote(step, choice) {
  clearTimeout(timer);
  press(choice);
  say("Sending …");
  const body = JSON.stringify({ voter, step, choice });
  ask("/vote", { method: "POST", headers: { "Content-Type": "application/json" }, body });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else if (!over) poll();
});

poll();
