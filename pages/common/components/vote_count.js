// Asks the server every two seconds how many have voted. One question at a time; none while nobody sees the page.

const EVERY = 2000; // ms

const said = (votes) => `${votes} ${votes === 1 ? "vote" : "votes"}`;

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".vote-count");
  let timer = 0;
  let ended = false;

  const show = (text) => {
    if (!ended && place.textContent !== text) place.textContent = text;
  };

  async function ask() {
    try {
      if (!document.hidden) {
        const answer = await fetch(data.address, { cache: "no-store", headers: { "X-Code": data.code } });
        const found = await answer.json();
        show(answer.ok ? said(found.votes) + (found.taken ? "" : ", counted earlier") : found.message);
      }
    } catch {
      show("No connection to the server");
    }
    if (!ended) timer = setTimeout(ask, EVERY);
  }

  show(said(data.votes));
  timer = setTimeout(ask, EVERY);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
