// The overview of the conversation so far: figures and notable moments.

import { $, clock, element, percent, signed } from "./dom.js";
import { extremeWeight, ranked, SHOWN, turnWeight, WEIGHTS } from "./moments.js";
import { SYMBOLS } from "./scores.js";
import { plainly, say, speaker, told } from "./words.js";

const LABELS = ["negative", "neutral", "positive", "unclear"];
const TREND_TALK_S = 60; // least speech with a trend that is shown, as in conversation/trend.py
const BUSY = ["degraded", "restored", "audio_dropped"]; // warnings about the server's load: one state

/** The figures and moments of a conversation, in the page. */
export function showStory(conversation) {
  const moments = ranked(gather(conversation));
  $("moments").replaceChildren(...moments.slice(0, SHOWN).map(item));
  $("noMoments").hidden = moments.length > 0;
  $("heaviest").hidden = moments.length < 2;
  const { summary } = conversation;
  // Its times are those of the latest session alone.
  const headline = summary?.offset ? "" : told(summary?.headline);
  if ($("headline").textContent !== headline) $("headline").textContent = headline; // it is read aloud
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
    ...(telling(overall) ? [[say("trend"), withError(score(overall.trend), overall.trend_error)]] : []),
    [say("talk"), `${(overall.talk_seconds ?? 0).toFixed(0)} s`],
  ];
  if (Number.isFinite(summary?.silence_ratio)) rows.push([say("silence"), percent(summary.silence_ratio)]);
  if (Number.isFinite(summary?.escalation)) rows.push([say("escalation"), percent(summary.escalation)]);
  if (conversation.channels === 1 || !summary) return rows;
  const talking = summary.channels.filter(({ talk_ratio: ratio }) => Number.isFinite(ratio));
  return [...rows, ...talking.map(({ channel, talk_ratio: ratio }) =>
    [say("talkOf", { speaker: speaker(channel, conversation) }), percent(ratio)])];
}

/** Whether a trend is larger than chance: twice its error, and over enough speech. */
const telling = ({ trend, trend_error: error, talk_seconds: talk }) =>
  Number.isFinite(trend) && Math.abs(trend) > 2 * (error ?? 0) && talk >= TREND_TALK_S;

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

/** The notable moments, each with its weight. */
function gather(conversation) {
  const { alerts, fired, warnings, summary } = conversation;
  const { turning_points: turns, interruptions } = conversation.story();
  const who = (channel) => speaker(channel, conversation);
  const extremes = ["most_negative", "most_positive"].flatMap((name) => {
    const moment = summary?.overall[name];
    if (!moment) return [];
    const t = moment.start + summary.offset;
    return [{ t, kind: name, weight: extremeWeight(moment), text: say(name), words: moment.transcript }];
  });
  return [
    ...extremes,
    ...turns.map((turn) => ({
      t: turn.start ?? turn.t, kind: turn.direction, weight: turnWeight(turn), words: turn.transcript,
      text: say(turn.direction, {
        speaker: turn.speaker ?? who(turn.channel), before: signed(turn.before), after: signed(turn.after),
      }),
    })),
    ...alerts.map(({ t, channel, value }) => ({
      t, kind: "alert", weight: WEIGHTS.warning, text: say("alert", { speaker: who(channel), mood: signed(value) }),
    })),
    ...fired.map(({ t, severity, rule, why }) => ({
      t, kind: severity === "info" ? "warning" : "alert", weight: WEIGHTS[severity] ?? WEIGHTS.warning, why,
      text: say("ruleAlert", { severity: say(severity), rule }),
    })),
    ...interruptions.map(({ t, by, of }) => ({
      t, kind: "interruption", weight: WEIGHTS.interruption, text: say("interruption", { by: who(by), of: who(of) }),
    })),
    ...busy(warnings),
    ...warnings.filter(({ code }) => !BUSY.includes(code)).map(({ t, code, detail }) => ({
      t, kind: "warning", weight: WEIGHTS.warning, code,
      text: say(`warning_${code}`, detail, plainly("warning", code)),
    })),
  ];
}

/** All that the server said about its load, as one moment: whether it is busy, since when, and what
 * that does to the results. */
function busy(warnings) {
  const said = warnings.filter(({ code }) => BUSY.includes(code));
  if (!said.length) return [];
  const levels = said.filter(({ code }) => code === "degraded").map(({ detail }) => detail?.level ?? 1);
  const dropped = said.reduce((sum, { detail }) => sum + (detail?.seconds ?? 0), 0);
  const effects = [...new Set(levels)].sort().map((level) => plainly("busy", String(level)));
  if (dropped) effects.push(say("busyDropped", { seconds: dropped.toFixed(1) }));
  const last = said.findLast(({ code }) => code !== "audio_dropped");
  const values = { effects: effects.join(say("comma")), until: clock((last ?? said.at(-1)).t, false) };
  const text = say(last?.code === "degraded" ? "busyNow" : "busyUntil", values);
  return [{ t: said[0].t, kind: "warning", weight: WEIGHTS.warning, code: said.at(-1).code, text }];
}

const ICONS = {
  most_negative: "▼", most_positive: "▲", worse: "↘", better: "↗", alert: "!", interruption: "⇄",
  warning: "i",
};

function item({ t, kind, text, words, why, code }) {
  const icon = element("span", `icon ${kind}`, ICONS[kind]);
  icon.setAttribute("aria-hidden", "true");
  const body = element("div", "", text);
  if (code) body.title = code;
  if (words) body.append(element("q", "soft", words));
  if (why) body.append(Object.assign(element("span", "why soft", why), { lang: "en" }));
  return element("li", "moment", icon, body, element("time", "soft", clock(t, false)));
}
