// Copies the address of the page as it is now. Over plain http browsers do not let a page copy: then it shows it, selected.

const SHOWN = 1500; // ms that the button says what it did

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const address = parentElement.querySelector("input");
  const label = button.lastElementChild;
  const said = label.textContent;

  const copied = () => {
    address.hidden = true;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = said; }, SHOWN);
  };
  const show = () => {
    address.hidden = false;
    address.value = window.location.href;
    address.focus();
    address.select();
    if (document.execCommand?.("copy")) copied();
  };
  button.onclick = () => {
    if (!navigator.clipboard) return show();
    return navigator.clipboard.writeText(window.location.href).then(copied, show);
  };
}
