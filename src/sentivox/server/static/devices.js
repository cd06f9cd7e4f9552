// Which microphone is used, and a test of it before anything is sent: the sound stays in the browser.

import { $ } from "./dom.js";
import { keep, kept } from "./kept.js";
import { Problem } from "./problems.js";
import { microphone } from "./sources.js";
import { say } from "./words.js";

const FLOOR_DB = 60; // dB below full scale at which the meter is empty
const SILENT_DB = -65; // a signal below this is none
const QUIET_DB = -42; // speech below this is hard to understand
const LOUD = 0.99; // of full scale: clipped
const FRAMES = 75; // frames of 40 ms of which the loudest counts

/** What the loudest of some frames says, by its name in words.js.
 * @param {{rms: number, peak: number}[]} frames Of full scale, 0 to 1. */
export function verdict(frames) {
  const db = 20 * Math.log10(Math.max(1e-9, ...frames.map(({ rms }) => rms)));
  if (frames.some(({ peak }) => peak >= LOUD)) return "tooLoud";
  if (db < SILENT_DB) return frames.length < FRAMES / 2 ? "saySomething" : "noSignal";
  return db < QUIET_DB ? "tooQuiet" : "goodLevel";
}

export class Devices {
  constructor() {
    this.source = null; // while it is tested
    this.said = null;
    this.listed = "[]"; // the microphones that the list shows
    $("devices").onchange = ({ target }) => {
      keep("device", target.value);
      if (this.source) this.restart();
    };
    $("test").onclick = () => (this.source ? this.stop() : this.test());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.list());
  }

  draw() {
    $("test").textContent = say(this.source ? "endTest" : "testMicrophone");
    $("testWords").textContent = this.said ? say(this.said.name, { detail: this.said.detail }) : "";
    this.list();
  }

  /** List the microphones. Browsers name them only once one was allowed. */
  async list() {
    const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
    const known = all.filter(({ kind, deviceId, label }) => kind === "audioinput" && deviceId && label);
    const listed = JSON.stringify(known);
    if (listed === this.listed) return; // a list that is open stays open
    this.listed = listed;
    $("device").hidden = known.length === 0;
    $("devices").replaceChildren(...known.map(({ deviceId, label }) => new Option(label, deviceId)));
    const wanted = kept("device", "");
    if (known.some(({ deviceId }) => deviceId === wanted)) $("devices").value = wanted;
  }

  /** Open the chosen microphone; the browser's usual one if it is not there. */
  async open() {
    await this.stop();
    await this.list();
    const source = await microphone($("devices").value);
    this.list(); // now they have names
    return source;
  }

  async test() {
    $("test").disabled = true;
    try {
      this.source = await this.open();
    } catch (error) {
      this.tell(Problem.of(error));
      return;
    } finally {
      $("test").disabled = false;
    }
    const { source } = this;
    const frames = [];
    this.tell({ name: "saySomething" });
    this.running = source.run((samples) => {
      frames.push(loudness(samples));
      if (frames.length > FRAMES) frames.shift();
      const share = 1 + (20 * Math.log10(frames.at(-1).rms + 1e-9)) / FLOOR_DB;
      $("testLevel").style.setProperty("--level", Math.max(0, Math.min(1, share)).toFixed(3));
      this.tell({ name: verdict(frames) });
    }).catch((error) => {
      source.stop();
      if (this.source === source) this.source = null;
      this.tell(Problem.of(error));
    });
  }

  async restart() {
    await this.stop();
    await this.test();
  }

  async stop() {
    const { source } = this;
    if (!source) return;
    this.source = null;
    source.stop();
    await this.running;
    $("testLevel").style.setProperty("--level", 0);
    $("test").textContent = say("testMicrophone");
  }

  /** Say how the test goes, once for each change: screen readers read it out. */
  tell(said) {
    $("test").textContent = say(this.source ? "endTest" : "testMicrophone");
    if (this.said?.name === said.name) return;
    this.said = said;
    $("testWords").textContent = say(said.name, { detail: said.detail });
  }
}

function loudness(samples) {
  let [sum, peak] = [0, 0];
  for (const sample of samples) {
    sum += (sample / 32768) ** 2;
    peak = Math.max(peak, Math.abs(sample) / 32768);
  }
  return { rms: Math.sqrt(sum / samples.length), peak };
}
