// Small helpers. Text goes in as textContent only: transcripts are never markup.

/** Where the server is, behind whatever path a proxy gives it: this file is one level below. */
export const ROOT = new URL("..", import.meta.url);

export const $ = (id) => document.getElementById(id);

export function element(tag, classes = "", ...children) {
  const node = document.createElement(tag);
  node.className = classes;
  node.append(...children);
  return node;
}

/** Put the path under which the server is before every path that the page names. */
export function showPaths() {
  for (const node of document.querySelectorAll(".path")) node.prepend(ROOT.pathname.slice(0, -1));
}

/** A score with its sign: +0.42, −0.10, 0.00. */
export const signed = (value) =>
  (value > 0.004 ? "+" : value < -0.004 ? "−" : "") + Math.abs(value).toFixed(2);

/** Seconds as 1:02.3, or without the tenths. */
export function clock(seconds, tenths = true) {
  const whole = tenths ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0")}`;
}
