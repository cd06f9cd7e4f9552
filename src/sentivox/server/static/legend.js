// The legend of the chart's colours and lines, as part of the page. Screen readers get the chart's
// label instead.

import { $, element } from "./dom.js";
import { SYMBOLS } from "./scores.js";
import { say, speaker } from "./words.js";

export function showLegend(conversation) {
  const labels = ["negative", "neutral", "positive"].map((label) => [`swatch ${label}`, `${say(label)} ${SYMBOLS[label]}`]);
  const tones = Array.from({ length: conversation.channels }, (_, channel) =>
    [`line ${channel ? "dotted" : ""}`, say("toneOf", { speaker: speaker(channel, conversation) })]);
  $("legend").replaceChildren(...[...labels, ["line thick", say("moodLine")], ...tones].map(([kind, text]) =>
    element("li", "", element("i", kind), text)));
}
