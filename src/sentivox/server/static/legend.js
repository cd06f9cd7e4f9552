// The legend of the chart's colours and lines, as part of the page. Screen readers get the chart's
// label instead.

import { dashes } from "./chart-parts.js";
import { $, element } from "./dom.js";
import { SYMBOLS } from "./scores.js";
import { say, speaker } from "./words.js";

export function showLegend(conversation) {
  const { channels } = conversation;
  const labels = Object.entries(SYMBOLS).map(([label, symbol]) => [`swatch ${label}`, `${symbol} ${say(label)}`]);
  const each = (kind, text) => Array.from({ length: channels }, (_, channel) =>
    [`line ${kind} ${dashes(channel)}`, say(text, { speaker: speaker(channel, conversation) })]);
  const lines = [["line whole", say("moodLine")], ...(channels > 1 ? each("of", "moodOf") : []), ...each("tone", "toneOf")];
  $("legend").replaceChildren(...[...labels, ...lines].map(([kind, text]) =>
    Object.assign(element("li", "", element("i", kind), text), { title: text })));
}
