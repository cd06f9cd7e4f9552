// The parts of charts, as rows of a name and a picture; reports have the same in their templates.

import { SCORES_PX, scoreY, spec } from "./chart-spec.js";
import { element } from "./dom.js";
import { shape, share } from "./svg.js";

/** The axis of scores, beside its picture. */
export const scoreAxis = () => shape("svg", { class: "side", height: SCORES_PX },
  ...Object.entries(spec.axis).map(([score, text]) => shape("text", { x: "100%", y: scoreY(Number(score)) + 4 }, text)));

/** The picture of scores with its grid, and what lies on it. */
export const scorePicture = (...shapes) => shape("svg", { class: "plot", height: SCORES_PX },
  shape("rect", {
    class: "usual", width: "100%", y: scoreY(spec.neutral_below), height: 2 * spec.neutral_below * spec.half_px,
  }),
  ...spec.grid.map((score) => shape("line", {
    class: score ? "grid" : "axis", x2: "100%", y1: scoreY(score), y2: scoreY(score),
  })),
  ...shapes);

/** A name beside a picture. */
export function name(text) {
  const node = element("span", "name", text);
  node.title = text;
  return node;
}

/** The labels of an axis below the pictures, given as [position in percent, text, class]. */
export const tickRow = (labels) => [element("span"), shape("svg", { class: "ticks", height: spec.ticks_px },
  ...labels.map(([x, text, kind = ""]) => shape("text", { class: kind, x: share(x), y: 14 }, text)))];

/** The looks of the curve of a channel: they take turns. */
export const dashes = (channel) => ["", "second", "third"][channel % 3];
