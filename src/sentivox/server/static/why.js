// Why an utterance has its label: the words with their effects, the tone over time, the weights and
// the probabilities. The effects are asked for when the panel is opened, never before.

import { element, percent } from "./dom.js";
import { SYMBOLS } from "./scores.js";
import { sparkline } from "./sparkline.js";
import { lacking, say } from "./words.js";

const LABELS = ["negative", "neutral", "positive"];
const FULL = 1; // effect, in log-odds, that has the full colour
const SMALL = 0.1; // effect below which a word counts as saying nothing
const NAMED = 3; // words named on each side

/** The panel, closed.
 * @param u The utterance.
 * @param tone The points {t, score} of the tone of its channel; a null score is a gap.
 * @param {(u) => Promise<{words, unscored}>} explain Fetches the effects of its words. */
export function whyPanel(u, tone, explain) {
  const body = element("div", "reasons");
  const panel = element("details", "why-label", element("summary", "", say("whyLabel")), body);
  panel.ontoggle = () => {
    if (panel.open && !body.children.length) fill(body, u, tone, explain);
  };
  return panel;
}

function fill(body, u, tone, explain) {
  const words = element("div", "reason");
  if (u.transcript && u.text_sentiment) showWords(words, u, explain);
  body.append(...[words, curve(u, tone), weights(u), probabilities(u), doubts(u)]
    .filter((part) => part === words ? u.transcript && u.text_sentiment : part));
}

async function showWords(place, u, explain) {
  place.append(heading("whyWords"), element("p", "hint", say("whyAsking")));
  const found = await explain(u).catch(() => null);
  const parts = found?.words.length ? [coloured(u, found.words), ...strongest(found.words)]
    : [element("p", "hint", found ? lacking(`text_failed:${found.unscored}`) : say("whyNoAnswer"))];
  place.replaceChildren(heading("whyWords"), ...parts);
}

/** The transcript with each word coloured by its effect; hints and underlines say the same. */
function coloured(u, words) {
  const letters = [...u.transcript]; // places count characters, not UTF-16 units
  const line = element("p", "effects");
  if (u.language) line.lang = u.language;
  let at = 0;
  for (const { word, start, end, effect } of words) {
    const side = Math.abs(effect) < SMALL ? "" : effect < 0 ? " lowers" : " raises";
    const mark = element("span", `effect${side}`, word);
    mark.style.setProperty("--effect", Math.min(1, Math.abs(effect) / FULL).toFixed(2));
    if (side) mark.title = factor(effect);
    line.append(letters.slice(at, start).join(""), mark);
    at = end;
  }
  line.append(letters.slice(at).join(""));
  return line;
}

/** A line for the words that speak most for negative, and one for those that speak for positive. */
function strongest(words) {
  const sorted = [...words].sort((a, b) => a.effect - b.effect);
  const line = (name, symbol, some) => some.length
    && element("p", "hint", `${symbol} ${say(name)}: ${some.map(({ word, effect }) => `${word} ${factor(effect)}`).join(" · ")}`);
  const lines = [
    line("whyLower", SYMBOLS.negative, sorted.filter(({ effect }) => effect <= -SMALL).slice(0, NAMED)),
    line("whyRaise", SYMBOLS.positive, sorted.reverse().filter(({ effect }) => effect >= SMALL).slice(0, NAMED)),
  ].filter(Boolean);
  return [...lines, element("p", "hint", say(lines.length ? "whyFactor" : "whyNone"))];
}

/** An effect as a factor of the odds: ×2.0 for 0.69 and for -0.69. */
const factor = (effect) => `×${Math.exp(Math.abs(effect)).toFixed(1)}`;

function curve(u, tone) {
  const scores = tone.filter(({ t, score }) => score !== null && t > u.start && t <= u.end).map(({ score }) => score);
  if (scores.length < 2) return null;
  return element("div", "reason", heading("whyTone"), sparkline(scores, "toneFrom"));
}

function weights(u) {
  const known = Object.entries(u.fused?.weights ?? {}).filter(([, share]) => share > 0);
  if (!known.length) return null;
  const names = { text: "words", audio: "tone", emotion: "whyEmotion" };
  return line("whyWeights", known.map(([name, share]) => `${say(names[name] ?? name)} ${percent(share)}`));
}

/** A table of the probabilities of words, tone and both. */
function probabilities(u) {
  const parts = [["words", u.text_sentiment], ["tone", u.audio_sentiment], ["together", u.fused]]
    .filter(([, part]) => part?.scores && LABELS.every((label) => label in part.scores));
  if (!parts.length) return null;
  const cell = (tag, text, scope) => Object.assign(element(tag, "", text), scope ? { scope } : {});
  const head = element("tr", "", element("td"), ...parts.map(([name]) => cell("th", say(name), "col")));
  const lines = LABELS.map((label) => element("tr", "", cell("th", `${SYMBOLS[label]} ${say(label)}`, "row"),
    ...parts.map(([, { scores }]) => cell("td", percent(scores[label])))));
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...lines));
  return element("div", "reason", heading("whyProbabilities"), table);
}

/** How sure recogniser and label are, and what is missing. */
function doubts(u) {
  const parts = [];
  if (u.fused) parts.push(say("sure", { share: Math.round(u.fused.confidence * 100) }));
  if (Number.isFinite(u.asr_confidence)) parts.push(say("whyHeard", { share: Math.round(u.asr_confidence * 100) }));
  if (u.fused?.agreement === false) parts.push(say("disagree"));
  return parts.length ? line("whyDoubt", [...parts, ...u.degraded.map(lacking)]) : null;
}

const heading = (name) => element("h3", "", say(name));
const line = (name, parts) => element("div", "reason", heading(name), element("p", "", parts.join(" · ")));
