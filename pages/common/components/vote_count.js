// Asks the server every two seconds how many have voted. One question at a time; none while nobody sees the page.

const EVERY = 2000; // ms

const said = (votes) => `${votes} ${votes === 1 ? "vote" : "votes"}`;
const turns = new WeakMap(); // Streamlit calls this anew where its data change, and ends the last turn alone

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".vote-count");
  turns.get(place)?.abort();
  const turn = new AbortController();
  turns.set(place, turn);

  const show = (text) => {
    if (!turn.signal.aborted && place.textContent !== text) place.textContent = text;
  };

  async function ask() {
    if (turn.signal.aborted) return;
    try {
      if (!document.hidden) {
        const answer = await fetch(data.address, { cache: "no-store", headers: { "X-Code": data.code } });
        const found = await answer.json();
        show(answer.ok ? said(found.votes) + (found.taken ? "" : ", counted earlier") : found.message);
      }
    } catch {
      show("No connection to the server");
    }
    setTimeout(ask, EVERY);
  }

  show(said(data.votes));
  setTimeout(ask, EVERY);
  return () => turn.abort();
}
