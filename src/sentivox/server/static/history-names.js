// The names of a stored conversation's channels, and of the speakers told apart in them, in its form.

import { channelLabel } from "./channels.js";
import { $, element } from "./dom.js";
import { say, speaker } from "./words.js";

const LONGEST = 40; // as the server has it

export class Names {
  /** @param document The conversation, whose `names` say who there is, and what they are called now
   *   and were called when recorded. */
  constructor({ names, channels }) {
    this.named = names;
    this.roles = channels.map(({ role }) => role ?? undefined);
    this.inputs = names.map(({ name, recorded }) => Object.assign(element("input"), {
      value: name === recorded ? "" : name, maxLength: LONGEST, autocomplete: "off",
    }));
    $("names").querySelector(".fields").replaceChildren(...this.inputs.map((input) => element("label", "", element("span"), input)));
  }

  /** Show in the language now chosen who there is to name. */
  show() {
    this.named.forEach((one, index) => {
      const called = labelOf(one, this.roles);
      this.inputs[index].placeholder = called;
      this.inputs[index].previousSibling.textContent = called;
    });
  }

  /** Those whose name was changed, as the server takes them: an empty name is the recorded one. */
  changed() {
    return this.named.flatMap((one, index) => {
      const name = this.inputs[index].value.trim();
      const before = one.name === one.recorded ? "" : one.name;
      return name === before ? [] : [{ channel: one.channel, speaker: one.speaker, name }];
    });
  }
}

/** What somebody was called when recorded; a name that Sentivox itself gave is left to the language. */
function labelOf({ channel, speaker: told, recorded }, roles) {
  const itself = told === null && recorded === channelLabel(channel, { roles });
  return itself ? speaker(channel, { channels: roles.length, names: [], roles }) : recorded;
}
