// The current state of each speaker: level, whether they are speaking, and tone.

import { strongest } from "./conversation.js";
import { $, element, percent } from "./dom.js";
import { scoreLine } from "./scores.js";
import { say, speaker } from "./words.js";

const FLOOR_DB = 60; // dB below full scale at which the level meter is empty

export class Now {
  reset(conversation) {
    const { channels } = conversation;
    this.rows = Array.from({ length: channels }, (_, channel) => row(speaker(channel, conversation)));
    $("channels").replaceChildren(...this.rows.map(({ root }) => root));
    this.levels = new Array(channels).fill(0);
  }

  /** Take samples that were just sent; the next `show` displays their level. */
  hear(samples) {
    const channels = this.levels.length;
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let i = channel; i < samples.length; i += channels) sum += (samples[i] / 32768) ** 2;
      this.levels[channel] = Math.sqrt((sum * channels) / samples.length);
    }
  }

  show({ speaking, latest, soFar }, listening) {
    this.rows.forEach((parts, channel) => {
      const rms = listening ? this.levels[channel] : 0;
      const share = Math.max(0, 1 + (20 * Math.log10(rms + 1e-9)) / FLOOR_DB);
      parts.level.style.setProperty("--level", share.toFixed(3));
      const state = !listening ? "stopped" : speaking[channel] ? "speaking" : "silent";
      if (parts.state.dataset.state !== state || parts.state.lang !== document.documentElement.lang) {
        parts.state.dataset.state = state;
        parts.state.lang = document.documentElement.lang;
        parts.state.textContent = say(state);
      }
      const words = listening ? soFar[channel]?.words ?? "" : "";
      if (parts.soFar.textContent !== words) parts.soFar.textContent = words;
      if (parts.shown !== latest[channel]) tone(parts, latest[channel]);
    });
  }
}

function row(name) {
  const state = element("span", "vad");
  const level = element("i");
  const line = scoreLine(say("tone"));
  const emotions = element("p", "emotions soft");
  const soFar = element("p", "interim soft");
  const root = element("div", "channel",
    element("div", "head", element("b", "", name), state),
    element("div", "level", level), line, emotions, soFar);
  return { root, state, level, line, emotions, soFar, shown: undefined };
}

function tone(parts, event) {
  parts.shown = event;
  parts.line.update(event?.score ?? null, event?.label);
  parts.emotions.textContent = strongest(event?.emotions)
    .map(([name, p]) => `${say(name)} ${percent(p)}`).join(" · ");
}
