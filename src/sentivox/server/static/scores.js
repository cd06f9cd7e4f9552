// Shows a score as a bar from the middle, with its number.

import { element, signed } from "./dom.js";
import { say } from "./words.js";

export const SYMBOLS = { negative: "▼", neutral: "●", positive: "▲", unclear: "○" };

/** A row of name, bar and number. `update(score, label, more)` sets it; a null score clears it. */
export function scoreLine(name) {
  const fill = element("div", "fill");
  const value = element("span", "value");
  const more = element("span", "weight");
  const line = element("div", "score absent", element("span", "name", name, more),
    element("div", "track", fill), value);
  line.update = (score, label, note = "") => {
    const known = score !== null;
    line.className = `score ${known ? label : "absent"}`;
    fill.style.setProperty("--from", `${50 + Math.min(0, score ?? 0) * 50}%`);
    fill.style.setProperty("--length", `${Math.abs(score ?? 0) * 50}%`);
    value.textContent = known ? `${signed(score)} ${say(label)}` : "–";
    more.textContent = note;
  };
  line.update(null);
  return line;
}
