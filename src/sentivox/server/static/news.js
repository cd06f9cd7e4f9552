// What a screen reader says while somebody is listened to: final results and alerts, once each.
// Words so far, levels, charts and lists change all the time and are left to be looked up.

import { $, element } from "./dom.js";
import { say, speaker } from "./words.js";

const KEPT = 5; // lines that stay to be read; a reader says only what is added

/** Say an event, if it is news to somebody who only hears the page.
 * @param event An event of the stream.
 * @param conversation The conversation that it belongs to. */
export function tellNews(event, conversation) {
  const text = TOLD[event.type]?.(event, conversation);
  if (!text) return;
  const log = $("spokenNews");
  log.append(element("span", "", text));
  while (log.children.length > KEPT) log.firstElementChild.remove();
}

const TOLD = {
  Utterance({ final, channel, fused, transcript }, conversation) {
    if (!final) return null;
    const label = say(fused?.label ?? "unclear");
    return say("newsOf", { speaker: speaker(channel, conversation), label, words: transcript ?? say("noWords") });
  },
  Alert: ({ severity, rule }) => say("ruleAlert", { severity: say(severity), rule }),
};
