// The overview of the conversation so far: figures and notable moments.

import { $, clock, element, percent, signed } from "./dom.js";
import { SYMBOLS } from "./scores.js";
import { say, speaker } from "./words.js";

const LABELS = ["negative", "neutral", "positive", "unclear"];
const MOMENTS = 30; // maximum number shown, the latest; the export has all

/** The figures and moments of a conversation, in the page. */
export function showStory(conversation) {
  const moments = gather(conversation);
  $("moments").replaceChildren(...moments.slice(0, MOMENTS).map(item));
  $("noMoments").hidden = moments.length > 0;
  const { summary } = conversation;
  $("share").replaceChildren(...(summary ? shares(summary.overall.counts) : []));
  $("figures").replaceChildren(...figures(summary, conversation).map(([name, value]) =>
    element("div", "", element("dt", "", name), element("dd", "", value))));
  $("talk").replaceChildren(...talk(summary, conversation));
}

function shares(counts) {
  return LABELS.filter((label) => counts[label]).map((label) => {
    const part = element("span", label);
    part.style.setProperty("flex-grow", counts[label]);
    return part;
  });
}

function figures(summary, conversation) {
  const { counts, ...overall } = summary?.overall ?? { counts: {} };
  const score = (value) => (value === null || value === undefined ? "–" : signed(value));
  const withError = (value, error) => value + (Number.isFinite(error) ? ` ± ${error.toFixed(2)}` : "");
  const rows = [
    ...LABELS.filter((label) => label !== "unclear" || counts.unclear)
      .map((label) => [`${SYMBOLS[label]} ${say(label)}`, String(counts[label] ?? 0)]),
    [say("mood"), score(overall.mood)],
    [say("mean"), score(overall.mean_score)],
    [say("trend"), withError(score(overall.trend), overall.trend_error)],
    [say("talk"), `${(overall.talk_seconds ?? 0).toFixed(0)} s`],
  ];
  if (Number.isFinite(summary?.silence_ratio)) rows.push([say("silence"), percent(summary.silence_ratio)]);
  if (Number.isFinite(summary?.escalation)) rows.push([say("escalation"), percent(summary.escalation)]);
  if (conversation.channels === 1 || !summary) return rows;
  const talking = summary.channels.filter(({ talk_ratio: ratio }) => Number.isFinite(ratio));
  return [...rows, ...talking.map(({ channel, talk_ratio: ratio }) =>
    [say("talkOf", { speaker: speaker(channel, conversation) }), percent(ratio)])];
}

const seconds = (value) => `${value.toFixed(1)} s`;

const TALK = {
  monologue: ({ longest_monologue: longest }) => longest && seconds(longest.seconds),
  patience: ({ patience }) => Number.isFinite(patience) && seconds(patience),
  questions: ({ questions }) => Number.isFinite(questions) && String(questions),
  speed: ({ words_per_minute: speed }) => Number.isFinite(speed) && speed.toFixed(0),
  start: ({ start_score: score }) => Number.isFinite(score) && signed(score),
  end: ({ end_score: score }) => Number.isFinite(score) && signed(score),
};

/** The rows of a table of how the channels talk: a column for each, and a row for each figure that
 * is known of any. Older servers send none; what one voice alone says is no monologue. */
function talk(summary, conversation) {
  const channels = summary?.channels ?? [];
  const rows = Object.entries(TALK).filter(([name]) => channels.length > 1 || name !== "monologue")
    .map(([name, figure]) => [name, channels.map((channel) => figure(channel) || "")])
    .filter(([, values]) => values.some(Boolean));
  if (!rows.length) return [];
  const titles = channels.map(({ channel }) => heading("col", speaker(channel, conversation)));
  const head = element("thead", "", element("tr", "", element("td"), ...titles));
  const body = rows.map(([name, values]) => element("tr", "", heading("row", say(name)),
    ...values.map((value) => element("td", "", value || "–"))));
  return [head, element("tbody", "", ...body)];
}

function heading(scope, text) {
  const cell = element("th", "", text);
  cell.scope = scope;
  return cell;
}

/** The notable moments, the latest first. */
function gather(conversation) {
  const { alerts, fired, warnings, summary } = conversation;
  const { turning_points: turns, interruptions } = conversation.story();
  const who = (channel) => speaker(channel, conversation);
  const extremes = ["most_negative", "most_positive"].flatMap((name) => {
    const moment = summary?.overall[name];
    if (!moment) return [];
    return [{ t: moment.start + summary.offset, kind: name, text: say(name), words: moment.transcript }];
  });
  return [
    ...extremes,
    ...turns.map(({ t, channel, direction, before, after, transcript }) => ({
      t, kind: direction, words: transcript,
      text: say(direction, { speaker: who(channel), before: signed(before), after: signed(after) }),
    })),
    ...alerts.map(({ t, channel, value }) =>
      ({ t, kind: "alert", text: say("alert", { speaker: who(channel), mood: signed(value) }) })),
    ...fired.map(({ t, severity, rule, why }) => ({
      t, kind: severity === "info" ? "warning" : "alert", why,
      text: say("ruleAlert", { severity: say(severity), rule }),
    })),
    ...interruptions.map(({ t, by, of }) =>
      ({ t, kind: "interruption", text: say("interruption", { by: who(by), of: who(of) }) })),
    ...warnings.map(({ t, code, message, detail }) =>
      ({ t, kind: "warning", text: say(`warning_${code}`, detail, message) })),
  ].sort((a, b) => b.t - a.t);
}

const ICONS = {
  most_negative: "▼", most_positive: "▲", worse: "↘", better: "↗", alert: "!", interruption: "⇄",
  warning: "i",
};

function item({ t, kind, text, words, why }) {
  const icon = element("span", `icon ${kind}`, ICONS[kind]);
  icon.setAttribute("aria-hidden", "true");
  const body = element("div", "", text);
  if (words) body.append(element("q", "soft", words));
  if (why) body.append(Object.assign(element("span", "why soft", why), { lang: "en" }));
  return element("li", "moment", icon, body, element("time", "soft", clock(t, false)));
}
