// One stored conversation: its figures, tags and note, utterances, and what can be done with it.

import { $, clock, element, percent } from "./dom.js";
import { counted, length, meanScore, when } from "./history-list.js";
import { Names } from "./history-names.js";
import { Sound } from "./history-sound.js";
import { channelsOf, showUtterances } from "./history-utterances.js";
import { blob, save } from "./saving.js";
import { sparkline } from "./sparkline.js";
import { ending, say, speaker, told } from "./words.js";

const OPEN_MS = 60_000; // for which a report's address lasts after it was opened

export class Session {
  /** @param {Sessions} api The server.
   * @param {(work: () => Promise) => Promise<boolean>} trying Does work, shows what goes wrong, and
   *   resolves with whether nothing did.
   * @param {() => void} gone Called when the session was erased. */
  constructor(api, trying, gone) {
    Object.assign(this, { api, trying, gone, document: null });
    this.sound = new Sound((u) => api.audio(this.id, u), (error) => trying(() => Promise.reject(error)));
    $("describe").onsubmit = (event) => {
      event.preventDefault();
      this.describe();
    };
    $("describe").oninput = () => this.saved("");
    $("report").onclick = () => this.report();
    $("json").onclick = () => save(`${this.id}.json`, blob(JSON.stringify(this.document, null, 1), "application/json"));
    $("csv").onclick = () => trying(async () => save(`${this.id}.csv`, URL.createObjectURL(await api.csv(this.id))));
    $("erase").onclick = () => this.erase();
  }

  get id() {
    return this.document.session.id;
  }

  /** Show a document of the server. */
  open(document) {
    this.document = document;
    const { tags, note } = document.session;
    const { elements } = $("describe");
    [elements.tags.value, elements.note.value] = [tags.join(", "), note ?? ""];
    this.names = new Names(document);
    this.saved("");
    this.show();
  }

  /** Stop what plays, as when the session is left. */
  close() {
    this.sound.stop();
  }

  /** Show all but the form in the language now chosen. */
  show() {
    this.sound.stop();
    this.names.show();
    const { document } = this;
    const { session } = document;
    $("oneTitle").textContent = session.name ?? when(session.started);
    $("headline").textContent = told(document.summary.headline);
    $("about").replaceChildren(...facts(document).map(([name, value]) =>
      element("div", "", element("dt", "", say(name)), element("dd", "", value))));
    $("mood").replaceChildren(sparkline(session.mood) ?? "");
    showAlerts(document);
    showUtterances(document, (u, label) => this.correct(u, label), document.audio ? this.sound : null);
  }

  /** Say beside the form what became of it. */
  saved(name) {
    $("describe").querySelector("output").textContent = name && say(name);
  }

  describe() {
    const { elements } = $("describe");
    const tags = elements.tags.value.split(/[,，]/).map((word) => word.trim()).filter(Boolean);
    const note = elements.note.value.trim();
    const names = this.names.changed();
    return this.trying(async () => {
      await this.api.describe(this.id, { tags, note, ...(names.length ? { names } : {}) });
      if (names.length) this.open(await this.api.one(this.id)); // they are in many places of it
      else Object.assign(this.document.session, { tags, note });
      this.saved("saved");
    });
  }

  correct(u, label) {
    return this.trying(async () => {
      await this.api.correct(this.id, u, label);
      const others = this.document.corrections.filter((one) =>
        one.channel !== u.channel || one.utterance_id !== u.utterance_id);
      const { channel, utterance_id } = u;
      this.document.corrections = label ? [...others, { channel, utterance_id, label }] : others;
    });
  }

  /** Open the report in a new tab, which must be there at once: later, browsers block it. */
  async report() {
    const tab = window.open("", "_blank");
    const done = await this.trying(async () => {
      const address = URL.createObjectURL(await this.api.report(this.id));
      if (tab) tab.location = address;
      else save(`${this.id}.html`, address);
      setTimeout(() => URL.revokeObjectURL(address), OPEN_MS);
    });
    if (!done) tab?.close();
  }

  erase() {
    const dialog = $("erasing");
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      this.trying(async () => {
        await this.api.erase(this.id);
        this.gone();
      });
    };
    dialog.showModal();
  }
}

function facts(document) {
  const { session, summary: { escalation } } = document;
  const channels = channelsOf(document);
  const names = document.channels.map(({ channel }) => speaker(channel, channels)).join(", ");
  return [
    ["meanScore", meanScore(session)],
    ["started", when(session.started)],
    ["duration", session.ended ? length(session.duration) : say("stillOpen")],
    ["utterances", String(session.utterances)],
    ...(document.channels.length > 1 ? [["speakers", names]] : []),
    ["cameFrom", say(`source_${session.source}`)],
    ...(session.profile ? [["profile", session.profile]] : []),
    ...(session.outcome
      ? [["outcome", Object.assign(element("span", "", ending(session.outcome)), { title: session.outcome })]] : []),
    ...(session.owner ? [["owner", session.owner]] : []),
    ...(session.alerts ? [["alerts", counted(session.alerts, "oneAlert", "alertCount")]] : []),
    ...(Number.isFinite(escalation) ? [["escalation", percent(escalation)]] : []),
  ];
}

function showAlerts({ alerts }) {
  $("alerts").hidden = !alerts.length;
  $("alerts").querySelector("ol").replaceChildren(...alerts.map(({ t, severity, rule, why }) =>
    element("li", "moment", element("span", "icon alert", "!"),
      element("div", "", say("ruleAlert", { severity: say(severity), rule }), Object.assign(element("span", "why soft", ` ${why}`), { lang: "en" })),
      element("time", "soft", clock(t, false)))));
}
