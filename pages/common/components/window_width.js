// Tells the server how wide the window is, again when that changes: figures have their sizes in px.

const REST = 300; // ms without a change, until it is told

export default function ({ data, setStateValue }) {
  let waiting = 0;
  const tell = () => {
    if (window.innerWidth !== data.known) setStateValue("width", window.innerWidth);
  };
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(tell, REST);
  };
  window.addEventListener("resize", later);
  tell();
  return () => {
    clearTimeout(waiting);
    window.removeEventListener("resize", later);
  };
}
