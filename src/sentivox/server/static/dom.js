// DOM helpers. Text is only ever set as textContent, so transcripts cannot inject markup.

/** Base URL of the server, including a proxy's sub-path; this file is one level below it. */
export const ROOT = new URL("..", import.meta.url);

export const $ = (id) => document.getElementById(id);

export function element(tag, classes = "", ...children) {
  const node = document.createElement(tag);
  node.className = classes;
  node.append(...children);
  return node;
}

/** Prefix all paths in the page with the sub-path under which the server is reached. */
export function showPaths() {
  for (const node of document.querySelectorAll(".path")) node.prepend(ROOT.pathname.slice(0, -1));
}

/** A score with its sign: +0.42, −0.10, 0.00. */
export const signed = (value) =>
  (value > 0.004 ? "+" : value < -0.004 ? "−" : "") + Math.abs(value).toFixed(2);

/** A share, 0 to 1, in percent. */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** Format seconds as 1:02.3, or without tenths. */
export function clock(seconds, tenths = true) {
  const whole = tenths ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0")}`;
}
