// The chart of a conversation: scores, moods and tone over time, and who spoke when.

import { across, bar, curve, extent, position, ticks, turnValue } from "./chart-geometry.js";
import { dashes, name, scoreAxis, scorePicture, tickRow } from "./chart-parts.js";
import { SCORES_PX, scoreY, spec } from "./chart-spec.js";
import { clock, signed } from "./dom.js";
import { pngOf } from "./picture.js";
import { shape, share, stretched } from "./svg.js";
import { Tip } from "./tip.js";
import { say, speaker } from "./words.js";

const RECENT_S = 60;
const POINTS = 1000; // maximum number of points of a tone curve
const NEAR_PX = 4; // from a bar, within which the pointer means it

export class Chart {
  /** @param {HTMLElement} node Where to draw.
   * @param {(key: string) => void} pick Called with the key of a clicked utterance. */
  constructor(node, pick) {
    this.node = node;
    this.whole = false;
    this.tip = new Tip(node, (event) => this.at(event), ({ key }) => pick(key));
    node.classList.add("chart");
  }

  draw(conversation) {
    const { mood } = conversation.story();
    const now = mood.findLast(({ channel }) => channel === null)?.value;
    const count = conversation.utterances.size;
    this.node.setAttribute("aria-label",
      say("chartLabel", { count, mood: now === undefined ? "–" : signed(now) }));
    this.conversation = conversation;
    this.span = span(conversation, this.whole);
    this.node.replaceChildren(...rows(conversation, ...this.span), this.tip.node);
  }

  /** The chart of the whole conversation, as the address of a PNG. */
  png(conversation) {
    return pngOf(rows(conversation, ...span(conversation, true)), document.getElementById("legend"));
  }

  /** The utterance under the pointer, with what to say of it; null beside all. */
  at({ clientX, clientY }) {
    const [, picture, ...others] = this.node.querySelectorAll(":scope > svg");
    const place = picture.getBoundingClientRect();
    const [from, to] = this.span;
    const second = (px) => from + ((px - place.left) / place.width) * (to - from);
    const [least, most] = [second(clientX - NEAR_PX), second(clientX + NEAR_PX)];
    const lane = others.slice(0, -1).findIndex((one) => inside(one.getBoundingClientRect(), clientY));
    const score = 1 - (clientY - place.top - spec.pad_px) / spec.half_px;
    const away = (u) => Math.max(0, u.start - second(clientX), second(clientX) - u.end) * 1000
      + Math.abs(score - Math.min(Math.max(score, Math.min(0, u.fused_score)), Math.max(0, u.fused_score)));
    const near = [...this.conversation.utterances.values()].filter((u) => u.start <= most && u.end >= least
      && u.end >= from && (lane < 0 || u.channel === lane));
    const found = near.reduce((best, u) => (best && away(best) <= away(u) ? best : u), null);
    return found && {
      key: found.key, title: `${speaker(found.channel, this.conversation)} ${clock(found.start)}`,
      value: found.fused_score === null ? "–" : `${signed(found.fused_score)} ${say(found.fused?.label ?? "unclear")}`,
      words: found.transcript ?? "",
    };
  }
}

const inside = ({ top, bottom }, y) => y >= top && y < bottom;

/** The seconds from which and to which the chart goes. */
function span(conversation, whole) {
  const to = Math.max(conversation.elapsed, RECENT_S / 2);
  return [whole ? 0 : Math.max(0, to - RECENT_S), to];
}

/** The names and pictures of the chart, in turns. */
function rows(conversation, from, to) {
  const shown = [...conversation.utterances.values()].filter(({ start, end }) => end >= from && start < to);
  const lanes = Array.from({ length: conversation.channels }, (_, channel) => [
    name(conversation.channels > 1 ? speaker(channel, conversation) : ""),
    lane(shown.filter((u) => u.channel === channel), from, to),
  ]);
  return [
    scoreAxis(),
    scorePicture(...shown.map((u) => rectangle(u, "bar", bar(u, from, to))), curves(conversation, from, to),
      ...turns(conversation, from, to)),
    ...lanes.flat(),
    ...tickRow(ticks(from, to).map((t) => [position(t, from, to), clock(t, false)])),
  ];
}

/** A rectangle for an utterance, in the colour of its label. */
function rectangle(u, kind, { x, y, width, height }) {
  const label = u.fused?.label ?? "unclear";
  return shape("rect", {
    class: `${kind} ${label}${u.final ? "" : " provisional"} pick`, x: share(x), width: share(width), y, height, rx: 1.5,
  });
}

function lane(utterances, from, to) {
  const y = (spec.lane_px - spec.block_px) / 2;
  return shape("svg", { class: "lane", height: spec.lane_px },
    shape("rect", { class: "room", width: "100%", y, height: spec.block_px, rx: 3 }),
    ...utterances.map((u) => rectangle(u, "block", { ...extent(u, from, to), y, height: spec.block_px })));
}

function curves(conversation, from, to) {
  const { channels, tone } = conversation;
  const { mood } = conversation.story();
  const moods = channels > 1 ? [...Array(channels).keys()] : [];
  const of = (wanted) => curve(mood.filter(({ channel }) => channel === wanted), from, to);
  return stretched(spec.curve_units, { y: scoreY(1), height: SCORES_PX - 2 * spec.pad_px },
    ...tone.map((points, channel) => shape("path", { class: `tone ${dashes(channel)}`, d: toneCurve(points, from, to) })),
    ...moods.map((channel) => shape("path", { class: `mood of ${dashes(channel)}`, d: of(channel) })),
    shape("path", { class: "mood", d: of(null) }));
}

/** A path through the points of tone in the chart, broken where nobody spoke. */
function toneCurve(points, from, to) {
  const first = Math.max(0, points.findLastIndex(({ t }) => t < from));
  const few = thinned(points.slice(first));
  return few.map(({ t, score }, i) => (score === null ? "" :
    `${i && few[i - 1].score !== null ? "L" : "M"}${across(t, from, to)} ${(-score).toFixed(3)}`)).join("");
}

/** Reduce a curve to about POINTS points, evenly spaced, and keep its gaps. */
function thinned(points) {
  const step = Math.ceil(points.length / POINTS);
  return step < 2 ? points : points.filter(({ score }, i) => score === null || i % step === 0);
}

function turns(conversation, from, to) {
  const { mood, turning_points: points } = conversation.story();
  const change = ({ before, after }) => -Math.abs(after - before);
  const largest = (some) => [...some].sort((a, b) => change(a) - change(b)).slice(0, spec.most_turns);
  return largest(points.filter(({ t }) => t >= from && t < to)).map((turn) => {
    const better = turn.direction === "better";
    return shape("text", {
      class: `turn ${better ? "positive" : "negative"}`, x: share(position(turn.t, from, to)), y: scoreY(turnValue(turn, mood)) + 5,
    }, better ? "▲" : "▼");
  });
}
