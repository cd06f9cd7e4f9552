// The comparison of stored conversations by day, tag or speaker: a chart, and the same as a table.

import { $, element, signed } from "./dom.js";
import { addressOf, narrowed } from "./history-filters.js";
import { escaped, loadPlotly, style } from "./chart-library.js";
import { say } from "./words.js";

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false };
const MOST = 30; // tags or speakers in the chart; the table has all
const ROW_PX = 30;
const DATE_PX = 100;
const LETTER_PX = 22; // of the chart's width for each letter of a name beside it
const NAMES = { day: "day", tag: "tagName", speaker: "speaker" };

export class Trend {
  constructor() {
    this.plotly = null; // loaded when a chart is first shown
  }

  /** Show groups of sessions, of those that the filters find. */
  async show(by, groups, filters) {
    $("groupName").textContent = say(NAMES[by]);
    $("groups").tBodies[0].replaceChildren(...groups.map((group) => row(by, group, filters)));
    const shown = by === "day" ? groups : groups.slice(0, MOST);
    $("trendMost").hidden = shown.length === groups.length;
    $("trendMost").textContent = say("compareMost", { count: shown.length });
    const node = $("trend");
    node.setAttribute("aria-label", say("compareLabel", { count: shown.length }));
    this.plotly ??= loadPlotly();
    const plotly = await this.plotly;
    node.hidden = !plotly;
    if (!plotly) return;
    const { data, layout } = by === "day" ? overTime(shown, node.clientWidth) : beside([...shown].reverse(), node.clientWidth);
    await plotly.react(node, data, layout, CONFIG);
  }
}

function row(by, { key, sessions, mean_score: mean, low, high }, filters) {
  const link = element("a", "within", key);
  const found = by === "day" ? { since: key, until: key } : { [by]: key };
  link.href = addressOf(narrowed(filters, found));
  const name = element("th", "", link);
  name.scope = "row";
  const interval = low === null ? "–" : say("intervalOf", { low: signed(low), high: signed(high) });
  return element("tr", "", name, ...[String(sessions), signed(mean), interval].map((text) => element("td", "number", text)));
}

/** Days from left to right, with dates as there is room for them. */
function overTime(groups, width) {
  const axis = { ...common(), type: "date", tickformat: "%Y-%m-%d", nticks: Math.max(2, Math.floor(width / DATE_PX)), tickangle: 0 };
  return {
    data: [{ ...points(groups, "y"), x: groups.map(({ key }) => key), y: means(groups), mode: "lines+markers" }],
    layout: { ...layout(320), margin: { l: 36, r: 12, t: 8, b: 32 }, xaxis: { ...axis, showgrid: false }, yaxis: scale() },
  };
}

/** Tags or speakers from top to bottom. */
function beside(groups, width) {
  const most = Math.floor(width / LETTER_PX);
  const names = groups.map(({ key }) => escaped(key.length > most ? `${key.slice(0, most - 1)}…` : key));
  const axis = {
    ...common(), range: [-0.6, groups.length - 0.4], showgrid: false, automargin: true,
    tickvals: groups.map((_, i) => i), ticktext: names,
  };
  return {
    data: [{ ...points(groups, "x"), x: means(groups), y: groups.map((_, i) => i), mode: "markers" }],
    layout: { ...layout(70 + ROW_PX * groups.length), margin: { l: 20, r: 16, t: 8, b: 32 }, xaxis: scale(), yaxis: axis },
  };
}

const means = (groups) => groups.map(({ mean_score: mean }) => mean);

function points(groups, direction) {
  const away = (group, end) => (group[end] === null ? 0 : Math.abs(group[end] - group.mean_score));
  return {
    type: "scatter", hoverinfo: "text",
    hovertext: groups.map(({ key, sessions, mean_score: mean }) =>
      `${escaped(key)}<br>${signed(mean)} · ${say("howMany")}: ${sessions}`),
    marker: { color: style("--ink"), size: 9 },
    line: { color: style("--soft"), width: 1.5 },
    [`error_${direction}`]: {
      type: "data", symmetric: false, array: groups.map((group) => away(group, "high")),
      arrayminus: groups.map((group) => away(group, "low")), color: style("--soft"), thickness: 1.5, width: 4,
    },
  };
}

const common = () => ({ fixedrange: true, zeroline: false, gridcolor: style("--line") });

const scale = () => ({
  ...common(), range: [-1.05, 1.05], tickvals: [-1, -0.5, 0, 0.5, 1], ticktext: ["−1", "", "0", "", "+1"],
  zeroline: true, zerolinecolor: style("--soft"), zerolinewidth: 1,
});

const layout = (height) => ({
  height, font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("--soft") },
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
  hoverlabel: { bgcolor: style("--card"), bordercolor: style("--line"), font: { color: style("--ink"), size: 13 }, align: "left" },
});
