// The list of stored conversations, newest first.

import { $, clock, element, signed } from "./dom.js";
import { addressOf } from "./history-filters.js";
import { SYMBOLS } from "./scores.js";
import { sparkline } from "./sparkline.js";
import { say, told } from "./words.js";

const WITHOUT_NAME = /^channel (\d+)$/;

/** Show sessions after those that are shown, and whether there are more. */
export function showSessions(sessions, more) {
  $("sessions").append(...sessions.map(item));
  $("more").hidden = !more;
}

/** A time as people of this language write it. */
export const when = (time) =>
  new Date(time).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** Seconds as 1:02; a dash while they are not known. */
export const length = (seconds) => (seconds === null ? "–" : clock(seconds, false));

/** The mean score with its symbol and colour. */
export function meanScore({ mean_score: score, tendency }) {
  if (score === null) return element("span", "mean absent", say("noScore"));
  return element("span", `mean ${tendency}`, `${SYMBOLS[tendency]} ${signed(score)}`);
}

/** A number of things in words. */
export const counted = (count, one, many) => (count === 1 ? say(one) : say(many, { count }));

/** A name of a channel, in the page's language where it is one of Sentivox's own. */
function named(name) {
  const number = WITHOUT_NAME.exec(name)?.[1];
  if (number) return say("channelNumber", { number });
  return { Agent: say("agent"), Customer: say("customer") }[name] ?? name;
}

function item(session) {
  const link = element("a", "within open", when(session.started));
  link.href = addressOf(new URLSearchParams({ session: session.id }));
  const speakers = session.speakers.length > 1 || !WITHOUT_NAME.test(session.speakers[0] ?? "channel 1")
    ? session.speakers.map(named) : [];
  const facts = [
    session.ended ? length(session.duration) : say("stillOpen"),
    counted(session.utterances, "oneUtterance", "utteranceCount"),
    say(`source_${session.source}`),
  ];
  const head = element("div", "what", element("h3", "", link));
  if (session.name) head.append(element("p", "name", session.name));
  if (session.headline) head.append(element("p", "headline", told(session.headline)));
  head.append(element("p", "facts", [...facts, speakers.join(", ")].filter(Boolean).join(" · ")));
  if (session.note) head.append(element("p", "note", session.note));
  if (session.tags.length) head.append(element("p", "tags", ...session.tags.map(tag)));
  const alerts = session.alerts
    ? [element("span", "badge alerts", `! ${counted(session.alerts, "oneAlert", "alertCount")}`)] : [];
  const mood = element("div", "mood", sparkline(session.mood) ?? "");
  return element("li", "card session", head, mood, element("div", "result", meanScore(session), ...alerts));
}

function tag(name) {
  const link = element("a", "within badge", name);
  link.href = addressOf(new URLSearchParams({ tag: name }));
  return link;
}
