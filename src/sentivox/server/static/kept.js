// What the browser keeps of a visitor's settings, for this server alone.

import { ROOT } from "./dom.js";

const key = (name) => `sentivox-${name} ${ROOT.pathname}`; // other servers may be on this host

/** What was kept under this name; `fallback` if nothing was, or the browser keeps nothing. */
export function kept(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(key(name))) ?? fallback;
  } catch {
    return fallback;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(key(name), JSON.stringify(value));
  } catch { /* a browser that keeps nothing forgets it */ }
}
