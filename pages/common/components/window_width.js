// Tells the server how wide the window is, again when that changes: figures have their sizes in px.

const REST = 300; // ms without a change, until it is told
const turns = new WeakMap(); // Streamlit calls this anew where its data change, and ends the last turn alone

export default function ({ data, parentElement, setStateValue }) {
  turns.get(parentElement)?.abort();
  const turn = new AbortController();
  turns.set(parentElement, turn);
  let waiting = 0;
  const tell = () => {
    if (!turn.signal.aborted && window.innerWidth !== data.known) setStateValue("width", window.innerWidth);
  };
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(tell, REST);
  };
  window.addEventListener("resize", later, { signal: turn.signal });
  tell();
  return () => turn.abort();
}
