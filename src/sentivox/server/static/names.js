// The names of the channels: from the fields, or from ?names=Agent,Customer in the page's address.
// The rules are those of the option channel_names (docs/protocol.md).

import { $ } from "./dom.js";
import { keep, kept } from "./kept.js";
import { say } from "./words.js";

const MOST = 40; // characters
const UNSHOWN = /[,\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

export class Names {
  constructor() {
    this.fields = [$("name1"), $("name2")];
    const asked = new URLSearchParams(location.search).get("names");
    const names = asked === null ? kept("names", []) : asked.split(",", 2);
    this.fields.forEach((field, i) => {
      field.value = String(names[i] ?? "").trim();
      field.oninput = () => {
        keep("names", this.values);
        this.draw();
      };
    });
  }

  get values() { return this.fields.map(({ value }) => value.trim()); }

  /** Show what is wrong with the names, if anything is. */
  draw() {
    const problem = this.problem();
    if (problem) $("more").open = true; // names from the address are wrong behind closed settings
    $("namesProblem").hidden = !problem;
    $("namesProblem").textContent = problem ? say(problem) : "";
    for (const field of this.fields) field.ariaInvalid = String(Boolean(problem));
  }

  problem() {
    const [first, second] = this.values;
    if (this.values.some((name) => [...name].length > MOST || UNSHOWN.test(name))) return "nameWrong";
    return first && first.toLowerCase() === second.toLowerCase() ? "namesSame" : null;
  }

  /** A name for each of so many channels; null if none is named, or the names are wrong. */
  of(channels) {
    const names = this.values.slice(0, channels);
    if (this.problem() || !names.some(Boolean)) return null;
    return names.map((name, channel) => name || say("channelNumber", { number: channel + 1 }));
  }
}
