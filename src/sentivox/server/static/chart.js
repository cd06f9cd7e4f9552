// The chart of tone, mood and utterances over time, and of who spoke when.

import { clock, signed } from "./dom.js";
import { escaped, loadPlotly, style } from "./chart-library.js";
import { say, speaker } from "./words.js";

const RECENT_S = 60;
const LANE = 11; // room for a label beside its lane, in small letters
const POINTS = 1000; // maximum number of points of a tone curve
const LABELS = ["negative", "neutral", "positive", "unclear"];
const STEPS_S = [5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false };

export class Chart {
  /** @param {HTMLElement} node Where to draw.
   * @param {(key: string) => void} pick Called with the key of a clicked utterance. */
  constructor(node, pick) {
    this.node = node;
    this.pick = pick;
    this.whole = false;
    this.drawing = null;
    this.plotly = loadPlotly();
  }

  /** Draw the conversation; if a drawing is in progress, draw again when it is done. */
  async draw(conversation) {
    if (this.drawing) {
      this.next = conversation;
      return;
    }
    this.drawing = this.paint(conversation);
    await this.drawing;
    this.drawing = null;
    if (this.next) {
      const { next } = this;
      this.next = null;
      this.draw(next);
    }
  }

  async paint(conversation) {
    const plotly = await this.plotly;
    const { mood } = conversation.story();
    const now = mood.findLast(({ channel }) => channel === null)?.value;
    const count = conversation.utterances.size;
    this.node.setAttribute("aria-label",
      say("chartLabel", { count, mood: now === undefined ? "–" : signed(now) }));
    if (!plotly) {
      this.node.textContent = say("noCharts");
      return;
    }
    const { data, layout } = figure(conversation, this.whole);
    const first = !this.node.children.length;
    await plotly.react(this.node, data, layout, CONFIG);
    if (first) this.node.on("plotly_click", ({ points }) => this.pick(points[0].customdata));
  }

  /** The chart of the whole conversation as the data URL of a PNG. */
  async png(conversation) {
    const plotly = await this.plotly;
    const { data, layout } = figure(conversation, true);
    const legend = { orientation: "h", y: 1.15, font: { size: 13 } };
    const whole = {
      ...layout, showlegend: true, legend, margin: { ...layout.margin, t: 60, r: 20 },
      paper_bgcolor: style("--card"), plot_bgcolor: style("--card"),
    };
    return plotly.toImage({ data, layout: whole }, { format: "png", width: 1200, height: 560, scale: 2 });
  }
}

function figure(conversation, whole) {
  const until = Math.max(conversation.elapsed, RECENT_S / 2);
  const from = whole ? 0 : Math.max(0, until - RECENT_S);
  const shown = [...conversation.utterances.values()].filter(({ end }) => end >= from);
  return {
    data: [
      ...LABELS.flatMap((label) => bars(label, shown, conversation)),
      ...conversation.tone.map((points, channel) => toneCurve(points, channel, conversation, from)),
      ...story(conversation, from),
    ],
    layout: layout(from, until, conversation),
  };
}

/** The traces of all utterances with one label: score bars, and blocks in their speakers' lanes. */
function bars(label, shown, conversation) {
  const some = shown.filter((u) => (u.fused?.label ?? "unclear") === label);
  if (!some.length && label === "unclear") return [];
  const colour = style(`--${label}`);
  const common = {
    type: "bar", name: say(label), legendgroup: label, customdata: some.map(({ key }) => key),
    hovertext: some.map((u) => hover(u, conversation)), hoverinfo: "text",
  };
  const opacity = some.map(({ final }) => (final ? 0.35 : 0.15));
  return [{
    ...common, x: some.map((u) => (u.start + u.end) / 2), width: some.map((u) => u.end - u.start),
    y: some.map((u) => u.fused_score ?? 0),
    marker: { color: colour, opacity, line: { color: colour, width: 1.5 } },
  }, {
    ...common, orientation: "h", yaxis: "y2", showlegend: false, base: some.map((u) => u.start),
    x: some.map((u) => u.end - u.start), y: some.map((u) => u.channel), width: 0.62,
    marker: { color: colour, opacity: opacity.map((share) => share * 2.5) },
  }];
}

const hover = (u, conversation) =>
  `${escaped(speaker(u.channel, conversation))} ${clock(u.start)}  ${u.fused_score === null ? "–" : signed(u.fused_score)}<br>`
  + escaped((u.transcript ?? "").replace(/(.{48}\S*)\s/g, "$1\n")).replaceAll("\n", "<br>");

/** A label that fits beside its lane: Chinese letters and capitals take the room of two. */
function shortened(label) {
  const letters = [...label];
  const room = (letter) => (/[\p{Lu}\u2e80-\uffff]/u.test(letter) ? 2 : 1);
  let taken = 0;
  const fitting = letters.findIndex((letter) => (taken += room(letter)) > LANE);
  return fitting < 0 ? label : `${letters.slice(0, fitting).join("")}…`;
}

function toneCurve(points, channel, conversation, from) {
  const first = points.findLastIndex(({ t }) => t < from);
  const shown = thinned(points.slice(Math.max(0, first)));
  return {
    type: "scatter", mode: "lines", name: escaped(say("toneOf", { speaker: speaker(channel, conversation) })),
    x: shown.map(({ t }) => t), y: shown.map(({ score }) => score), hoverinfo: "skip",
    line: { color: style("--soft"), width: 1.5, dash: channel ? "dot" : "solid" },
  };
}

/** Reduce a curve to about POINTS points, evenly spaced, and keep its gaps. */
function thinned(points) {
  const step = Math.ceil(points.length / POINTS);
  return step < 2 ? points : points.filter(({ score }, i) => score === null || i % step === 0);
}

function story(conversation, from) {
  const { mood, turning_points: turns } = conversation.story();
  const line = mood.filter(({ channel, t }) => channel === null && t >= from - RECENT_S);
  const marks = turns.filter(({ t }) => t >= from);
  const height = ({ t, after }) => line.find((point) => point.t === t)?.value ?? after;
  return [{
    type: "scatter", mode: "lines", name: say("moodLine"), hoverinfo: "skip",
    x: line.map(({ t }) => t), y: line.map(({ value }) => value),
    line: { color: style("--ink"), width: 3, shape: "spline", smoothing: 0.6 },
  }, {
    type: "scatter", mode: "markers", name: say("turningPoint"), hoverinfo: "skip",
    x: marks.map(({ t }) => t), y: marks.map(height), showlegend: marks.length > 0,
    marker: {
      symbol: marks.map(({ direction }) => (direction === "better" ? "triangle-up" : "triangle-down")),
      size: 13, color: style("--card"), line: { color: style("--ink"), width: 2 },
    },
  }];
}

function layout(from, to, conversation) {
  const { channels } = conversation;
  const lanes = channels * 0.09;
  const line = style("--line");
  const axis = { fixedrange: true, zeroline: false, gridcolor: line, automargin: false };
  const step = STEPS_S.find((seconds) => (to - from) / seconds <= 7) ?? STEPS_S.at(-1);
  const ticks = Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step)
    .filter((t) => t >= from);
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("--soft") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    margin: { l: channels > 1 ? 76 : 48, r: 8, t: 8, b: 26 }, barmode: "overlay", bargap: 0, hovermode: "closest",
    hoverlabel: { bgcolor: style("--card"), bordercolor: line, font: { color: style("--ink"), size: 13 }, align: "left" },
    xaxis: { ...axis, anchor: "y2", range: [from, to], showgrid: false, tickvals: ticks, ticktext: ticks.map((t) => clock(t, false)) },
    yaxis: {
      ...axis, domain: [lanes + 0.04, 1], range: [-1.05, 1.05], tickvals: [-1, 0, 1], ticktext: ["−1", "0", "+1"],
      zeroline: true, zerolinecolor: style("--soft"), zerolinewidth: 1,
    },
    yaxis2: {
      ...axis, domain: [0, lanes], range: [channels - 0.5, -0.5], showgrid: false,
      tickvals: Array.from({ length: channels }, (_, i) => i),
      ticktext: Array.from({ length: channels }, (_, i) => escaped(shortened(speaker(i, conversation)))),
    },
  };
}
