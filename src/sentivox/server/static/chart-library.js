// Loads plotly.js, which the server serves from Python's plotly package, and its colours.

import { ROOT } from "./dom.js";

/** Resolves with the library, or with null if the server has none. */
export function loadPlotly() {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = new URL("vendor/plotly.min.js", ROOT);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => resolve(null);
    document.head.append(script);
  });
}

/** The value of a variable of the style sheet, such as a colour. */
export const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A text as plotly shows it: it interprets tags, but names and transcripts are shown as they are. */
export const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
