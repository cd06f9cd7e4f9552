// A small curve of a mood, from -1 to 1, with a line at zero.

import { signed } from "./dom.js";
import { shape } from "./svg.js";
import { say } from "./words.js";

/** The curve of some values, as a picture with a text for screen readers; null without any.
 * @param {number[]} mood The values.
 * @param {string} name The name of the text, in words.js. */
export function sparkline(mood, name = "moodFrom") {
  if (!mood.length) return null;
  const points = mood.length > 1 ? mood : [mood[0], mood[0]];
  const last = points.length - 1;
  const line = points.map((value, i) => `${i ? "L" : "M"}${i} ${(-value).toFixed(3)}`).join("");
  const picture = shape("svg", { class: "sparkline", viewBox: `0 -1.1 ${last} 2.2`, preserveAspectRatio: "none", role: "img" },
    shape("path", { class: "area", d: `${line}L${last} 0L0 0Z` }),
    shape("path", { class: "zero", d: `M0 0H${last}` }),
    shape("path", { class: "curve", d: line }));
  picture.setAttribute("aria-label", say(name, {
    first: signed(points[0]), last: signed(points[last]),
    low: signed(Math.min(...points)), high: signed(Math.max(...points)),
  }));
  return picture;
}
