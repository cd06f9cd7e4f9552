// Where things are in a chart from `from` to `to` seconds, as numbers: horizontally in percent,
// vertically in pixels. The same as in sentivox/report/chart.py; a test compares the two.

import { scoreY, spec } from "./chart-spec.js";

/** Horizontal position of a time. */
export const position = (t, from, to) => (100 * (t - from)) / (to - from);

/** The part of an utterance that is in the chart. */
export function extent({ start, end }, from, to) {
  const [left, right] = [Math.max(start, from), Math.min(end, to)];
  return { x: position(left, from, to), width: (100 * Math.max(0, right - left)) / (to - from) };
}

/** The bar of an utterance, from the line of 0 to its score. */
export function bar(u, from, to) {
  const score = u.fused_score ?? 0;
  return { ...extent(u, from, to), y: scoreY(Math.max(score, 0)), height: Math.max(Math.abs(score) * spec.half_px, spec.least_px) };
}

/** The times of the ticks. */
export function ticks(from, to) {
  const step = spec.ticks_s.find((seconds) => (to - from) / seconds <= spec.most_ticks) ?? spec.ticks_s.at(-1);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.ceil(to / step) - first) }, (_, i) => (first + i) * step)
    .filter((t) => position(t, from, to) < spec.last_tick);
}

/** A path through the points {t, value} in the chart, and through one beyond each end if there is one. */
export function curve(points, from, to) {
  const first = Math.max(0, points.filter(({ t }) => t < from).length - 1);
  const last = points.length - Math.max(0, points.filter(({ t }) => t > to).length - 1);
  const steps = points.slice(first, last).map(({ t, value }) => `${across(t, from, to)} ${(-value).toFixed(3)}`);
  return steps.length ? `M${steps.join(" ")}` : "";
}

/** Horizontal position of a time in the units of curves. */
export const across = (t, from, to) => ((spec.curve_units * (t - from)) / (to - from)).toFixed(1);

/** The value of a channel's curve of moods at the time of a turning point. */
export const turnValue = ({ t, channel, after }, mood) =>
  mood.find((point) => point.channel === channel && point.t === t)?.value ?? after;
