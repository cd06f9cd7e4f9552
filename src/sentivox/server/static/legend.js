// What the chart's colours and lines mean, in the page's own type. The chart's label says it to
// those who do not see it.

import { $, element } from "./dom.js";
import { SYMBOLS } from "./scores.js";
import { say, speaker } from "./words.js";

export function showLegend(channels) {
  const labels = ["negative", "neutral", "positive"].map((label) => [`swatch ${label}`, `${say(label)} ${SYMBOLS[label]}`]);
  const tones = Array.from({ length: channels }, (_, channel) =>
    [`line ${channel ? "dotted" : ""}`, say("toneOf", { speaker: speaker(channel, channels) })]);
  $("legend").replaceChildren(...[...labels, ["line thick", say("moodLine")], ...tones].map(([kind, text]) =>
    element("li", "", element("i", kind), text)));
}
