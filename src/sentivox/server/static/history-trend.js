// The comparison of stored conversations by day, tag or speaker: a chart, and the same as a table.

import { name, scoreAxis, scorePicture, tickRow } from "./chart-parts.js";
import { scoreY, spec } from "./chart-spec.js";
import { $, element, signed } from "./dom.js";
import { addressOf, narrowed } from "./history-filters.js";
import { pngOf } from "./picture.js";
import { blob, csvOf, save } from "./saving.js";
import { shape, share, stretched } from "./svg.js";
import { Tip } from "./tip.js";
import { say } from "./words.js";

const MOST = 30; // tags or speakers in the chart; the table has all
const DATE_PERCENT = 26; // of the width of a phone that a date takes
const DOT_PX = 5;
const NAMES = { day: "day", tag: "tagName", speaker: "speaker" };
const COLUMNS = ["conversations", "mean_score", "low", "high"];

export class Trend {
  constructor() {
    const node = $("trend");
    this.tip = new Tip(node, ({ target }) => target.closest?.("[data-group]")?.told ?? null);
    node.classList.add("chart");
    $("trendPng").onclick = async () => save("sentivox-trend.png", await pngOf(rows(this.by, this.shown)));
    $("trendCsv").onclick = () => save("sentivox-trend.csv", blob(`\ufeff${this.csv()}`, "text/csv"));
  }

  /** Show groups of sessions, of those that the filters find. */
  show(by, groups, filters) {
    this.by = by;
    this.groups = groups;
    this.shown = by === "day" ? groups : groups.slice(0, MOST);
    $("groupName").textContent = say(NAMES[by]);
    $("groups").tBodies[0].replaceChildren(...groups.map((group) => row(by, group, filters)));
    $("trendMost").hidden = this.shown.length === groups.length;
    $("trendMost").textContent = say("compareMost", { count: this.shown.length });
    const node = $("trend");
    node.setAttribute("aria-label", say("compareLabel", { count: this.shown.length }));
    node.classList.toggle("rows", by !== "day");
    node.replaceChildren(...rows(by, this.shown), this.tip.node);
  }

  /** All groups, with a row for each. */
  csv() {
    return csvOf([[this.by, ...COLUMNS], ...this.groups.map(({ key, sessions, mean_score: mean, low, high }) =>
      [key, sessions, mean, low, high])]);
  }
}

function row(by, { key, sessions, mean_score: mean, low, high }, filters) {
  const link = element("a", "within", key);
  const found = by === "day" ? { since: key, until: key } : { [by]: key };
  link.href = addressOf(narrowed(filters, found));
  const head = element("th", "", link);
  head.scope = "row";
  const interval = low === null ? "–" : say("intervalOf", { low: signed(low), high: signed(high) });
  return element("tr", "", head, ...[String(sessions), signed(mean), interval].map((text) => element("td", "number", text)));
}

const rows = (by, groups) => (by === "day" ? overTime(groups) : beside(groups));

/** Days from left to right. */
function overTime(groups) {
  const days = groups.map(({ key }) => Date.parse(key));
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const x = (day) => (last > first ? 3 + (94 * (day - first)) / (last - first) : 50); // room for the dots
  const path = groups.map(({ mean_score: mean }, i) => `${i ? "L" : "M"}${(10 * x(days[i])).toFixed(1)} ${(-mean).toFixed(3)}`).join("");
  const marks = groups.map((group, i) => mark(group, (score) => [share(x(days[i])), scoreY(score)]));
  const line = stretched(spec.curve_units, { y: scoreY(1), height: 2 * spec.half_px }, shape("path", { class: "through", d: path }));
  return [scoreAxis(), scorePicture(line, ...marks), ...tickRow(dates(groups.map(({ key }, i) => [x(days[i]), key])))];
}

/** Those of the labels [position, date] for which there is room, with the first and the last. */
function dates(all) {
  if (all.length < 2) return all;
  const [[left, first], [right, last]] = [all[0], all.at(-1)];
  let taken = left + DATE_PERCENT / 2; // the outermost stand inside
  const between = all.filter(([x]) => {
    const fits = x - taken >= DATE_PERCENT && right - x >= 1.5 * DATE_PERCENT;
    if (fits) taken = x;
    return fits;
  });
  return [[left, first, "first"], ...between, [right, last, "last"]];
}

/** Tags or speakers from top to bottom. */
function beside(groups) {
  const x = (score) => 50 + 47 * score;
  const middle = spec.row_px / 2;
  const pictures = groups.flatMap((group) => [name(group.key), shape("svg", { class: "row", height: spec.row_px },
    shape("rect", { class: "usual", x: share(x(-spec.neutral_below)), width: share(94 * spec.neutral_below), height: spec.row_px }),
    ...spec.grid.map((score) => shape("line", { class: score ? "grid" : "axis", x1: share(x(score)), x2: share(x(score)), y2: spec.row_px })),
    mark(group, (score) => [share(x(score)), middle]))]);
  return [...pictures, ...tickRow(Object.entries(spec.axis).map(([score, text]) => [x(Number(score)), text]))];
}

/** The mean of a group as a dot, with its interval; `at` says where a score is. */
function mark({ key, sessions, mean_score: mean, low, high }, at) {
  const [cx, cy] = at(mean);
  const parts = [shape("circle", { class: "hit", cx, cy, r: 12 }), shape("circle", { class: "dot", cx, cy, r: DOT_PX })];
  if (low !== null) {
    const [[x1, y1], [x2, y2]] = [at(low), at(high)];
    parts.unshift(shape("line", { class: "interval", x1, y1, x2, y2 }));
  }
  const made = shape("g", { class: tendency(mean), "data-group": "" }, ...parts);
  return Object.assign(made, { told: { title: key, value: signed(mean), words: `${say("howMany")}: ${sessions}` } });
}

const tendency = (score) => (Math.abs(score) < spec.neutral_below ? "neutral" : score > 0 ? "positive" : "negative");
