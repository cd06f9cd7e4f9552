// Shows each utterance as a card, the latest on top; a revision replaces the card.

import { strongest } from "./conversation.js";
import { $, clock, element, percent } from "./dom.js";
import { scoreLine, SYMBOLS } from "./scores.js";
import { whyPanel } from "./why.js";
import { lacking, lasting, say, speaker } from "./words.js";

const SHOWN = 200; // cards shown, and added per click: more would slow down the page

export class Cards {
  /** @param {(utterance) => Promise<object>} explain Fetches what the words of an utterance add to
   *   its score. */
  constructor(explain) {
    this.explain = explain;
    this.most = SHOWN;
    this.cards = new Map();
    $("earlier").onclick = () => {
      this.most += SHOWN;
      this.redraw(this.conversation);
    };
  }

  reset(conversation) {
    this.conversation = conversation;
    this.cards.clear();
    $("utterances").replaceChildren();
    $("empty").hidden = false;
    $("earlier").hidden = true;
  }

  /** Draw all cards again, as after a change of language or of the number shown. */
  redraw(conversation) {
    const open = [...this.cards].filter(([, card]) => card.querySelector("details")?.open).map(([key]) => key);
    this.reset(conversation);
    for (const utterance of conversation.utterances.values()) this.show(utterance);
    for (const key of open) this.cards.get(key)?.querySelector("details")?.toggleAttribute("open", true);
  }

  show(utterance) {
    const list = $("utterances");
    const made = card(utterance, this.conversation, this.explain);
    const shown = this.cards.get(utterance.key);
    if (shown) {
      const [before, after] = [shown, made].map((one) => one.querySelector("details"));
      const focused = before?.contains(document.activeElement);
      shown.replaceWith(made);
      if (after) after.open = before?.open ?? false;
      if (focused) after?.firstElementChild.focus();
    }
    else if (utterance.revision === 1 || this.cards.size < this.most) {
      list.insertBefore(made, [...list.children].find((one) => one.start < utterance.start) ?? null);
    }
    if (made.isConnected) this.cards.set(utterance.key, made);
    if (list.children.length > this.most) {
      this.cards.delete(list.lastElementChild.key);
      list.lastElementChild.remove();
      $("earlier").hidden = false;
    }
    $("empty").hidden = true;
  }

  /** Scroll to the card of an utterance, if it is shown. */
  reveal(key) {
    const found = this.cards.get(key);
    found?.scrollIntoView({ block: "center" });
    found?.focus();
  }
}

function card(u, conversation, explain) {
  const label = u.fused?.label ?? "unclear";
  const words = element("p", u.transcript ? "words" : "words none",
    u.transcript || say(u.final ? "noWords" : "wordsFollow"));
  if (u.transcript && u.language) words.lang = u.language;
  const made = element("li", `card utterance ${label}`, meta(u, label, conversation), words,
    element("div", "scores", ...scores(u)), element("p", "details soft", ...details(u)));
  if (u.fused) made.append(whyPanel(u, conversation.tone[u.channel], explain));
  made.classList.toggle("provisional", !u.final);
  made.classList.toggle("revised", u.revision > 1);
  made.classList.toggle("second", u.channel > 0);
  made.tabIndex = -1;
  return Object.assign(made, { key: u.key, start: u.start });
}

function meta(u, label, conversation) {
  const parts = [element("span", "label", `${SYMBOLS[label]} ${say(label)}`)];
  if (conversation.channels > 1) parts.push(element("span", "who", speaker(u.channel, conversation)));
  parts.push(element("span", "", `${clock(u.start)} – ${clock(u.end)}`));
  if (!u.final) parts.push(element("span", "badge", say("provisional")));
  else if (u.revision > 1) parts.push(element("span", "badge", say("revised")));
  const latency = element("span", "latency", lasting(u.latency_ms.total));
  latency.title = say("latency");
  return element("div", "meta", ...parts, latency);
}

function scores(u) {
  const weight = (modality) => {
    const share = u.fused?.weights[modality];
    return share ? percent(share) : "";
  };
  return [
    ["words", u.text_sentiment?.score, u.text_sentiment?.label, weight("text")],
    ["tone", u.audio_sentiment?.score, u.audio_sentiment?.label, weight("audio")],
    ["together", u.fused_score, u.fused?.label, ""],
  ].map(([name, score, label, note]) => {
    const line = scoreLine(say(name));
    line.update(score ?? null, label, note);
    return line;
  });
}

/** One line with an utterance's emotions, confidence, and what is missing, as parts of a text. */
function details(u) {
  const emotions = strongest(u.audio_sentiment?.emotions)
    .map(([name, p]) => `${say(name)} ${percent(p)}`).join(" · ");
  const parts = emotions ? [say("voiceSounds", { emotions })] : [];
  if (u.fused) parts.push(say("sure", { share: Math.round(u.fused.confidence * 100) }));
  if (u.fused?.agreement === false) parts.push(say("disagree"));
  const lacks = u.degraded.map((code) => Object.assign(element("span", "lack", lacking(code)), { title: code }));
  return [...parts, ...lacks].flatMap((part, i) => (i ? [" · ", part] : [part]));
}
