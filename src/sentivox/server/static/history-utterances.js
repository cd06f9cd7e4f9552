// The utterances of a stored conversation, each with its label, which people can correct.

import { channelLabel } from "./channels.js";
import { $, clock, element } from "./dom.js";
import { scoreLine, SYMBOLS } from "./scores.js";
import { say, speaker } from "./words.js";

const LABELS = ["negative", "neutral", "positive", "unclear"];

const symbolled = (label) => `${SYMBOLS[label]} ${say(label)}`;
const key = ({ channel, utterance_id: id }) => `${channel}/${id}`;

/** Show all utterances of a session's document.
 * @param {(utterance, label: string | null) => Promise<boolean>} correct Stores a label for an
 *   utterance, null for the model's, and resolves with whether that was done.
 * @param {Sound | null} sound Plays utterances; null where no audio is kept. */
export function showUtterances(document, correct, sound) {
  const channels = channelsOf(document);
  const labels = new Map(document.corrections.map((one) => [key(one), one.label]));
  const said = document.channels.flatMap(({ utterances }) => utterances).sort((a, b) => a.start - b.start);
  const made = (u) => {
    const card = row(u, labels.get(key(u)) ?? null, channels, sound);
    const select = card.querySelector("select");
    select.onchange = async () => {
      select.disabled = true;
      const label = select.value || null;
      if (await correct(u, label)) labels.set(key(u), label);
      sound?.stop();
      const renewed = made(u);
      card.replaceWith(renewed);
      renewed.querySelector("select").focus();
    };
    return card;
  };
  $("utterances").replaceChildren(...said.map(made));
  $("empty").hidden = said.length > 0;
}

/** The channels as `speaker` takes them: a name that Sentivox itself gave is left to the language. */
export function channelsOf({ channels }) {
  const roles = channels.map(({ role }) => role ?? undefined);
  const given = channels.map(({ name, channel }) => (name === channelLabel(channel, { roles }) ? undefined : name));
  const any = (list) => (list.some((one) => one !== undefined) ? list : []);
  return { channels: channels.length, names: any(given), roles: any(roles) };
}

function row(u, corrected, channels, sound) {
  const byModel = u.fused?.label ?? "unclear";
  const label = corrected ?? byModel;
  const words = element("p", u.transcript ? "words" : "words none", u.transcript || say("noWords"));
  if (u.transcript && u.language) words.lang = u.language;
  const line = scoreLine(say("together"));
  line.update(u.fused_score, byModel);
  const tools = element("div", "tools", line, choice(u, byModel, corrected));
  if (sound) tools.append(playButton(u, sound));
  const made = element("li", `card utterance ${label}`, meta(u, label, byModel, corrected, channels), words, tools);
  made.classList.toggle("second", u.channel > 0);
  return made;
}

function meta(u, label, byModel, corrected, channels) {
  const parts = [element("span", "label", symbolled(label))];
  const who = u.speaker ?? (channels.channels > 1 ? speaker(u.channel, channels) : null);
  if (who) parts.push(element("span", "who", who));
  parts.push(element("span", "", `${clock(u.start)} – ${clock(u.end)}`));
  if (corrected) {
    const told = corrected === byModel ? say("confirmed") : say("corrected", { label: symbolled(byModel) });
    parts.push(element("span", "badge", told));
  }
  return element("div", "meta", ...parts);
}

function choice(u, byModel, corrected) {
  // The word comes first, so that its letter finds it by keyboard.
  const named = (label) => `${say(label)} ${SYMBOLS[label]}`;
  const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
  const select = element("select", "", option("", say("byModel", { label: named(byModel) })),
    ...LABELS.map((label) => option(label, named(label))));
  select.value = corrected ?? "";
  select.setAttribute("aria-label", say("labelOf", { time: clock(u.start) }));
  return select;
}

function playButton(u, sound) {
  const button = element("button", "play");
  button.type = "button";
  const named = (playing) => {
    button.textContent = playing ? "■" : "▶";
    button.setAttribute("aria-label", say(playing ? "stopPlaying" : "play", { time: clock(u.start) }));
  };
  named(false);
  button.onclick = () => sound.toggle(u, named);
  return button;
}
