// Tells the server how wide the window is, again when that changes: figures have their sizes in px.

const REST = 300; // ms without a change, until it is told
const turns = new WeakMap(); // Streamlit calls this anew where its data change, and ends the last turn alone

export default function ({ data, parentElement, setStateValue }) {
  turns.get(parentElement)?.abort();
  const turn = new AbortController();
  turns.set(parentElement, turn);
  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(tell, REST);
  };
  const tell = () => {
    if (turn.signal.aborted || window.innerWidth === data.known) return;
    if (leaving()) later();
    else setStateValue("width", window.innerWidth);
  };
  window.addEventListener("resize", later, { signal: turn.signal });
  tell();
  return () => turn.abort();
}
