// The visitor's own alert rules, beside those of the server: edited on the page, kept in the
// browser, and sent with each stream. What a rule may be is said in docs/alerts.md.

import { $, element, signed } from "./dom.js";
import { keep, kept } from "./kept.js";
import { say } from "./words.js";

const MOST = 20; // rules of a client
const MOST_PHRASES = 50;
const LONGEST_PHRASE = 100;
const LONGEST_NAME = 80;
const WINDOW_S = 10; // seconds of speech of which the mean score counts

/** What can be looked for. `first` is the value of a new rule; `condition` makes a rule's condition. */
const KINDS = {
  phrases: { first: "", condition: (value) => ({ any: phrases(value) }) },
  sentiment: { first: "-0.4", least: -1, most: 1, step: 0.05, condition: (value) => ({ window_s: WINDOW_S, below: Number(value) }) },
  silence: { first: "15", least: 1, most: 3600, step: 1, condition: (value) => ({ for_s: Number(value) }) },
  monologue: { first: "60", least: 1, most: 3600, step: 1, condition: (value) => ({ for_s: Number(value) }) },
};

const phrases = (text) => text.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean);

export class Rules {
  constructor() {
    const known = (rule) => rule && Object.hasOwn(KINDS, rule.kind) && typeof rule.value === "string";
    const before = kept("rules", []);
    this.rules = Array.isArray(before) ? before.filter(known).slice(0, MOST) : [];
    this.refused = "";
    $("addRule").onclick = () => {
      this.rules.push({ kind: "phrases", value: "", channel: "" });
      this.draw();
      $("ruleList").lastElementChild.querySelector("select").focus();
    };
  }

  /** Show all rules, each with what is wrong with it. */
  draw() {
    $("ruleList").replaceChildren(...this.rules.map((rule) => this.row(rule)));
    $("addRule").disabled = this.rules.length >= MOST;
    this.show();
  }

  /** Show what the server said to the rules, or clear it. */
  refuse(reason) {
    this.refused = reason;
    this.show();
  }

  /** The rules for so many channels, as they are sent; null if there are none. Wrong ones are left
   * out, and those about a channel that is not there. */
  of(channels) {
    const names = new Set();
    const sent = this.rules.filter((rule) => !problem(rule) && Number(rule.channel || 0) < channels).map((rule) => {
      const name = unlike(named(rule), names);
      const scope = rule.channel === "" ? {} : { channel: Number(rule.channel) };
      return { name, [rule.kind]: { ...KINDS[rule.kind].condition(rule.value), ...scope } };
    });
    return sent.length ? sent : null;
  }

  row(rule) {
    const wrong = element("p", "problem");
    wrong.id = `rule-problem-${this.rules.indexOf(rule)}`;
    const changed = () => {
      keep("rules", this.rules);
      this.refuse("");
    };
    const kind = choice("ruleKind", Object.keys(KINDS).map((name) => [name, say(`rule_${name}`)]), rule.kind, (chosen) => {
      Object.assign(rule, { kind: chosen, value: KINDS[chosen].first });
      changed();
      const renewed = this.row(rule);
      row.replaceWith(renewed);
      renewed.querySelector("select").focus();
    });
    const value = field(rule, wrong, changed);
    const channels = [["", say("anybody")], ...[0, 1].map((n) => [String(n), say("channelNumber", { number: n + 1 })])];
    const channel = choice("ruleChannel", channels, rule.channel, (chosen) => {
      rule.channel = chosen;
      changed();
    });
    const remove = element("button", "plain", say("removeRule"));
    remove.type = "button";
    remove.onclick = () => {
      this.rules.splice(this.rules.indexOf(rule), 1);
      changed();
      this.draw();
      $("addRule").focus();
    };
    const row = element("li", "rule", kind, value, channel, remove, wrong);
    return row;
  }

  show() {
    $("rulesProblem").hidden = !this.refused;
    $("rulesProblem").textContent = this.refused ? say("rulesRefused", { reason: this.refused }) : "";
  }
}

/** The field of a rule's value; what is wrong with it is said in `wrong`. */
function field(rule, wrong, changed) {
  const { least, most, step } = KINDS[rule.kind];
  const input = element("input");
  const attributes = rule.kind === "phrases" ? { type: "text", placeholder: say("phraseExample") }
    : { type: "number", min: least, max: most, step };
  Object.assign(input, attributes, { value: rule.value, ariaLabel: say(`rule_${rule.kind}`) });
  input.setAttribute("aria-describedby", wrong.id);
  const look = () => {
    const found = problem(rule);
    wrong.textContent = found ? say(found, { least, most }) : "";
    input.ariaInvalid = String(Boolean(found));
  };
  input.oninput = () => {
    rule.value = input.value;
    changed();
    look();
  };
  look();
  return input;
}

function choice(label, options, chosen, onchange) {
  const select = element("select", "", ...options.map(([value, text]) => new Option(text, value)));
  select.ariaLabel = say(label);
  select.value = chosen ?? "";
  select.onchange = () => onchange(select.value);
  return select;
}

/** The name of what is wrong with a rule, in words.js; null if nothing is. */
function problem({ kind, value }) {
  if (kind === "phrases") {
    const found = phrases(value);
    if (!found.length) return "ruleNeedsPhrase";
    const fits = found.length <= MOST_PHRASES
      && found.every((one) => one.length <= LONGEST_PHRASE && /[\p{L}\p{N}]/u.test(one));
    return fits ? null : "rulePhrasesWrong";
  }
  const { least, most } = KINDS[kind];
  const number = Number(value);
  return value.trim() && number >= least && number <= most ? null : "ruleNeedsNumber";
}

/** The name of a rule, as its alerts show it. */
function named({ kind, value, channel }) {
  const text = kind === "phrases" ? phrases(value).join(", ") : kind === "sentiment" ? signed(Number(value)) : value;
  const name = say(`ruleNamed_${kind}`, { value: text });
  const whose = channel === "" ? "" : ` · ${say("channelNumber", { number: Number(channel) + 1 })}`;
  return name.slice(0, LONGEST_NAME - 20) + whose;
}

/** The name, with a number if there is one like it already. */
function unlike(name, names) {
  let made = name;
  for (let n = 2; names.has(made); n++) made = `${name} (${n})`;
  names.add(made);
  return made;
}
