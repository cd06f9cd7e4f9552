// The controller of the live page: streams a source to the server and shows the results.

import { authorised, ticket } from "./access.js";
import { Cards } from "./cards.js";
import { Chart } from "./chart.js";
import { Conversation } from "./conversation.js";
import { $, clock, ROOT } from "./dom.js";
import { explain } from "./explaining.js";
import { showLegend } from "./legend.js";
import { tellNews } from "./news.js";
import { Now } from "./now.js";
import { Problem } from "./problems.js";
import { Stream, StreamError } from "./sentivox.js";
import { Settings } from "./settings.js";
import { RATE } from "./sources.js";
import { showStory } from "./story.js";
import { say, translate } from "./words.js";

const DRAW_MS = 500; // between drawings of the chart; tone results come no faster
const ASK_MS = 1000; // after an utterance until the summary is requested; at most one is pending
const GAP_S = 2; // seconds for which a paused microphone must have been silent to be reported
const RECONNECT_S = 300;
const POLL_MS = 1000;
const BUSY_MS = 5000;
const FULL = ["overloaded", "all streams are taken"]; // reasons of /readyz that are about room

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Page {
  constructor() {
    this.now = new Now();
    this.settings = new Settings();
    this.cards = new Cards((utterance) => explain(utterance, (problem) => this.tell(problem)));
    this.chart = new Chart($("chart"), (key) => this.cards.reveal(key));
    this.run = null; // {name, source, stream, samples, began} while listening
    this.status = ["connecting", {}];
    this.problem = null;
    this.drawn = -Infinity;
    this.asking = null;
    this.dirty = this.ticking = false;
  }

  /** Wait until the server is ready, and show its models. One that has no room now is ready for a
   * recording, which waits for room; its state is looked up again. */
  async ready() {
    let busy = false;
    for (;;) {
      const answer = await fetch(new URL("readyz", ROOT)).then((one) => one.json()).catch(() => null);
      this.keeps = Boolean(answer?.store);
      $("history").hidden = !this.keeps;
      $("law").dataset.say = this.keeps ? "lawKept" : "law";
      $("law").textContent = say($("law").dataset.say);
      if (this.run) return;
      busy = FULL.includes(answer?.reason);
      if (busy || answer?.status === "ready") break;
      this.announce(...(answer ? ["serverWaits", { reason: answer.reason }] : ["noServer"]));
      await sleep(POLL_MS);
    }
    const models = await authorised("v1/models", (problem) => this.tell(problem));
    const { profile, models: { asr } } = await models.json();
    this.server = { profile, asr: asr ?? say("noRecogniser") };
    this.hasSample = (await fetch(new URL("sample", ROOT), { method: "HEAD" })).ok;
    if (this.run) return;
    if (!busy || this.status[0] !== "busy") this.announce(busy ? "busy" : "ready", this.server);
    if (busy) setTimeout(() => { if (this.status[0] === "busy") this.ready(); }, BUSY_MS);
    $("sample").hidden = !this.hasSample;
    $("microphone").disabled = $("file").disabled = false;
  }

  /** Stream the source that `open` returns, until it ends or is stopped. */
  async listen(name, open) {
    if (this.run) return;
    const run = { name, source: null, stream: null, samples: 0, began: 0, missing: 0, leave: null };
    run.left = new Promise((resolve) => { run.leave = resolve; });
    this.run = run;
    this.tell(null);
    this.showRunning();
    try {
      run.source = await open();
      await this.hear(run);
    } catch (error) {
      if (error.code !== "left") this.tell(Problem.of(error), () => this.listen(name, open));
    } finally {
      run.source?.stop();
      run.stream?.abort();
      run.awake?.release();
      this.run = null;
      this.showRunning();
    }
    if (this.problem) this.ready();
    else this.announce("done", this.server);
    if (this.conversation) this.refresh();
  }

  /** Stop the source and wait for the remaining results; a second call abandons them. */
  stop() {
    const { run } = this;
    if (run?.stopped) run.stream?.abort();
    if (run?.source) run.stopped = true;
    run?.source?.stop();
    run?.leave();
  }

  async hear(run) {
    const { source } = run;
    const stream = await this.open(run);
    run.began = performance.now();
    this.stayAwake();
    const sending = source.run((samples) => {
      run.samples += samples.length / source.channels;
      stream.send(samples);
      this.now.hear(samples);
    }, () => stream.room());
    let broken = null;
    await Promise.race([sending, stream.done]).catch((error) => { broken = error; });
    if (stream.state !== "closed") {
      this.announce("finishing");
      source.stop();
      await stream.close();
    }
    if (broken) throw broken;
  }

  /** Open a stream for the run's source. A recording, which can wait, waits while the server is full. */
  async open(run) {
    for (;;) {
      run.stream = this.stream(run.source);
      try {
        await run.stream.open();
        return run.stream;
      } catch (error) {
        if (!run.source.waits || error.code !== "full") throw error;
        this.announce("queued");
        await Promise.race([sleep(error.retryAfter * 1000 || POLL_MS), run.left]);
        if (run.stopped) throw new StreamError("left", "the visitor left");
      }
    }
  }

  /** A new stream to the server, whose events the page shows. */
  stream(source) {
    const stream = new Stream(ROOT, {
      interim: true,
      sampleRate: RATE, channels: source.channels, roles: source.roles, language: $("spoken").value,
      modalities: $("textOnly").checked ? ["text"] : ["text", "audio"], upload: !source.live,
      liveVoice: source.live, ...this.settings.options(source.channels),
      ticket: () => ticket((problem) => this.tell(problem)), reconnectSeconds: RECONNECT_S,
    });
    stream.on("state", (change) => this.connection(change));
    // The previous conversation stays on the page until a new one begins.
    const fresh = stream.on("Begin", ({ config }) => {
      fresh();
      this.reset(source.channels, config);
    });
    stream.on("*", (event) => this.receive(event, stream.offset));
    return stream;
  }

  reset(channels, config) {
    this.conversation = new Conversation(channels, config);
    this.begin = null;
    this.now.reset(this.conversation);
    this.cards.reset(this.conversation);
    showLegend(this.conversation);
    $("welcome").hidden = true;
    $("live").hidden = false;
    this.refresh();
  }

  /** Take an event of a session that began at `offset` seconds. */
  receive(event, offset = 0) {
    const utterance = this.conversation.add(event, offset);
    if (event.type === "Begin") this.begin = event;
    this.settings.receive(event);
    if (this.run?.source?.live) tellNews(event, this.conversation); // of a fast one the page has all at once
    if (utterance) {
      this.cards.show(utterance);
      if (utterance.final) this.ask();
    }
    this.refresh();
  }

  /** Request a summary from the server after an utterance, at most one per ASK_MS. */
  ask() {
    this.asking ??= setTimeout(() => {
      this.asking = null;
      this.run?.stream?.summary(); // there is none while a stream is being opened
    }, ASK_MS);
  }

  connection({ state, seconds }) {
    if (state === "open") this.announce("listening");
    else if (state === "waiting") this.announce("waiting", { seconds: Math.max(1, Math.round(seconds)) });
    else if (state === "connecting" && this.status[0] !== "queued") this.announce("connecting");
  }

  /** Draw changes in the next animation frame, and the level in every one while listening. */
  refresh() {
    this.dirty = true;
    if (!this.ticking) requestAnimationFrame((time) => this.frame(time));
    this.ticking = true;
  }

  frame(time) {
    const { conversation } = this;
    this.now.show(conversation, this.run?.samples > 0);
    if (this.dirty && time - this.drawn >= DRAW_MS) {
      this.dirty = false;
      this.drawn = time;
      $("clock").textContent = clock(conversation.elapsed, false);
      showStory(conversation);
      this.chart.draw(conversation);
    }
    this.ticking = this.dirty || this.run !== null;
    if (this.ticking) requestAnimationFrame((next) => this.frame(next));
  }

  announce(name, values = {}) {
    this.status = [name, values];
    $("status").dataset.state = name;
    $("status").textContent = say(name, values);
  }

  tell(problem, retry = null) {
    this.problem = problem;
    this.retry = retry;
    $("notice").hidden = !problem;
    if (!problem) return;
    $("notice").firstElementChild.textContent = say(problem.name, { detail: problem.detail, ...problem.values });
    $("notice").lastElementChild.hidden = !(retry && problem.temporary);
  }

  showRunning() {
    const running = this.run !== null;
    document.body.classList.toggle("running", running);
    document.title = running ? "● Sentivox" : "Sentivox";
    $("stop").hidden = $("source").hidden = !running;
    $("source").textContent = running ? say(this.run.name, {}, this.run.name) : "";
    for (const id of ["microphone", "open", "options", "more", "law"]) $(id).hidden = running;
    $("sample").hidden = running || !this.hasSample;
  }

  /** Draw everything again in the language now chosen. */
  translate() {
    translate();
    this.settings.draw();
    $("language").textContent = say("otherLanguage");
    $("language").lang = say("otherTag");
    this.announce(...this.status);
    this.tell(this.problem, this.retry);
    if (this.run) this.showRunning();
    if (!this.conversation) return;
    this.now.reset(this.conversation);
    this.cards.redraw(this.conversation);
    showLegend(this.conversation);
    this.drawn = -Infinity;
    this.refresh();
  }

  /** Keep a phone's screen on while listening, because the microphone stops when it turns off. */
  async stayAwake() {
    const { run } = this;
    if (run?.source.live) run.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  /** When the tab is visible again, report if the browser suspended the microphone meanwhile. */
  visible() {
    const { run } = this;
    this.stayAwake();
    if (!run?.began || run.name !== "sourceMicrophone") return;
    const missing = (performance.now() - run.began) / 1000 - run.samples / RATE;
    const seconds = Math.round(missing - run.missing);
    if (seconds < GAP_S) return;
    run.missing = missing;
    this.tell(Object.assign(new Problem("paused"), { values: { seconds } }));
  }
}
