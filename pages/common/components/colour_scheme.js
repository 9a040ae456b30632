// Asks for the page in the colours that the browser shows: called again when those change, by its menu or by the system.

const state = (globalThis.maskscopeColours ??= { asked: null });

export default function ({ data, setTriggerValue }) {
  const shown = getComputedStyle(document.querySelector("[data-testid=stApp]")).colorScheme;
  if (shown === data.drawn) state.asked = null;
  else if (shown !== state.asked) {
    state.asked = shown; // once: a run that cannot tell is not asked again and again
    setTriggerValue("scheme", shown);
  }
}
