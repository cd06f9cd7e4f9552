/**
 * A stream to a Sentivox server, for browsers. One file, no dependencies: copy it, or import it
 * from the server itself. The messages are those of docs/protocol.md.
 *
 *   import { Stream } from "./sentivox.js";
 *
 *   const stream = new Stream("ws://127.0.0.1:8000", { sampleRate: 16000, language: "en" });
 *   stream.on("AudioSentiment", (event) => console.log("tone", event.t, event.score));
 *   stream.on("Utterance", (event) => console.log(event.transcript, event.fused_score));
 *   const begin = await stream.open();     // what the server applies, its limits and models
 *   stream.send(samples);                  // Int16Array, 30 to 50 ms, as often as there are some
 *   await stream.close();                  // all of it is judged: Termination
 *
 * A connection that breaks is taken up again with growing pauses: what the server did not get is
 * sent once more, and no event is missed or comes twice. Where the server does not know the
 * session any more, because it was restarted, a new one begins, with a `Begin` among the events
 * and the seconds of audio before it in `offset`.
 */

const KEPT = 16 << 20; // bytes of audio kept for sending again: more than a socket can hold
const FIRST_PAUSE_S = 0.25;
const LONGEST_PAUSE_S = 5;
const KEEP_ALIVE_S = 20;
const STALLED_S = 15; // a live socket that takes nothing for so long is cut, though nobody said so
const STEADY_S = 5; // a connection that lasts so long counts as mended
const GREETING_S = 10;
const ASKED = { // of the server, each with its default; null leaves it to the server
  sampleRate: 16000, channels: 1, language: "en", modalities: ["text", "audio"],
  minConfidence: null, baseline: null, chineseScript: null, words: null, interim: null,
};
const STREAM_PATH = /\/(v1\/stream|ws\/analyze)$/;
const CUT = 1006;
const DRAINING = 1012;

/** Why a stream cannot be, or go on. `code` is for programs: the server's (`unauthorized`, `full`,
 * `bad_request` …), or `unreachable`, `closed`, `behind`, `left`. `retryAfter` is in seconds, or null. */
export class StreamError extends Error {
  constructor(code, message, retryAfter = null) {
    super(message);
    this.name = "StreamError";
    this.code = code;
    this.retryAfter = retryAfter;
  }

  get temporary() {
    return this.code === "unreachable" || this.retryAfter !== null;
  }
}

/** What was sent lately, each with the place in the audio (bytes since the session began). */
class Sent {
  #items = [];
  #start = 0;
  end = 0;

  add(message) {
    this.#items.push([this.end, message]);
    if (typeof message !== "string") this.end += message.byteLength;
    while (this.end - this.#start > KEPT) {
      const [at, oldest] = this.#items.shift();
      if (typeof oldest !== "string") this.#start = at + oldest.byteLength;
    }
  }

  /** All from this place on; null where that is forgotten, or not yet sent. */
  since(place) {
    if (place < this.#start || place > this.end) return null;
    return this.#items.flatMap(([at, message]) => {
      if (typeof message === "string") return at >= place ? [message] : [];
      if (at + message.byteLength <= place) return [];
      return [message.subarray(Math.max(0, place - at))];
    });
  }

  /** Forget what lies before this place, which becomes the beginning of another session. */
  restart(place) {
    const rest = this.since(Math.max(place, this.#start)) ?? [];
    this.#items = [];
    this.#start = this.end = 0;
    for (const message of rest) this.add(message);
  }
}

export class Stream {
  /** Seconds of audio that were sent before the present session began; 0 in the first. */
  offset = 0;
  /** "new", "connecting", "open", "waiting" (to try again) or "closed". */
  state = "new";
  /** The server's greeting, once there is one. */
  begin = null;

  #address;
  #options;
  #listeners = new Map();
  #socket = null;
  #lastSeq = 0;
  #session = null; // to go on with after a cut
  #sent = new Sent();
  #onWire = 0; // place in the audio up to which it was handed to a socket
  #flow = null; // of the present socket: bytes it was given and took, and when
  #pause = FIRST_PAUSE_S;
  #closing = false;
  #termination = null;
  #failure = null;
  #timer = null;
  #done;

  /**
   * @param {string | URL} url Of the server: ws, wss, http or https, with the path under which a
   *   proxy offers it, if one does; or of its stream, which ends in /v1/stream or /ws/analyze.
   * @param {object} options
   *   sampleRate (16000), channels (1), language ("en", "zh-CN", or "auto"),
   *   modalities (["text", "audio"]; without "audio" no tone is inferred),
   *   minConfidence: a fused label less likely than this is "unknown"; this and what follows is
   *     left to the server where it is not given,
   *   baseline: hear each channel's tone against what is usual for it so far, or by itself,
   *   chineseScript: "simplified", "traditional", or "original", as the recogniser has it,
   *   words: tell when each word was said, in `Utterance.words`,
   *   interim: tell the words so far at pauses, as `InterimTranscript`;
   *   upload (false): audio will come faster than real time;
   *   token: sent as a subprotocol, where the server wants one;
   *   ticket: async () => a ticket of POST /v1/ticket, for tokens that no subprotocol can carry;
   *   reconnectSeconds (30): how long to try to take up a broken connection; 0 not at all.
   */
  constructor(url, options = {}) {
    this.#options = {
      ...ASKED, upload: false, token: null, ticket: null, reconnectSeconds: 30, ...options,
    };
    this.#address = streamAddress(url);
    for (const name of Object.keys(ASKED)) {
      const value = this.#options[name];
      if ((value ?? null) !== null) this.#address.searchParams.set(snakeCase(name), value);
    }
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
    promise.catch(() => {}); // whoever listens to "state" alone has been told
    this.#done = { promise, ...settle };
  }

  /** Call `listener(event)` for every message of this type, or for every one ("*"), or for every
   * change of state ("state": `{state, attempt, seconds, error}`). Returns a function that stops. */
  on(type, listener) {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
    return () => known.delete(listener);
  }

  /** Connect, and resolve with the server's Begin. Rejects with a StreamError; nothing is tried
   * again until the first Begin. */
  async open() {
    this.#change("connecting");
    try {
      await this.#connect();
    } catch (error) {
      this.#end(error);
      throw error;
    }
    this.#timer = setInterval(() => this.#tick(), 1000);
    return this.begin;
  }

  /** Send samples: interleaved Int16Array. While the connection is broken they are kept. */
  send(samples) {
    if (!samples.length || this.#closing || this.state === "closed") return;
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice();
    this.#send(bytes);
  }

  /** Resolves once less than `bytes` wait in the browser: hold an upload back by it. */
  async room(bytes = 1 << 20) {
    do await sleep(0);
    while (this.state !== "closed" && (this.state !== "open" || this.#socket.bufferedAmount > bytes));
  }

  /** End the utterance being spoken now. */
  finalize() { this.#control("Finalize"); }

  /** Ask for a Summary so far; it comes as an event. */
  summary() { if (this.state === "open" && !this.#closing) this.#put('{"type":"Summary"}'); }

  /** No more audio will come. Resolves with Termination; rejects with what ended it before. */
  close() {
    if (!this.#closing && this.state !== "closed") this.#control("CloseStream");
    this.#closing = true;
    return this.#done.promise;
  }

  /** Leave at once, whatever is outstanding. */
  abort() { this.#end(new StreamError("left", "the stream was left")); }

  /** Resolves with Termination, or rejects with a StreamError, when the stream is over. */
  get done() { return this.#done.promise; }

  #control(type) { this.#send(JSON.stringify({ type })); }

  #send(message) {
    this.#sent.add(message);
    if (this.state !== "open") return;
    this.#put(message);
    this.#onWire = this.#sent.end;
  }

  #put(message) {
    this.#socket.send(message);
    this.#flow.given += message.length;
    this.#flow.spoken = performance.now();
  }

  async #connect() {
    const { socket, begin } = await this.#greeted();
    if (this.state === "closed") return socket.close();
    if (this.#session && !begin.resumed) this.#restart(this.#onWire);
    const again = this.#sent.since(begin.resumed ? begin.audio_bytes : 0);
    if (again === null) {
      socket.close();
      throw new StreamError("behind", "too much audio was in transit when the connection broke");
    }
    [this.#socket, this.#session, this.begin] = [socket, begin.session_id, begin];
    const now = performance.now();
    this.#flow = { given: 0, taken: 0, spoken: now, moved: now, opened: now };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#change("open");
    if (!begin.resumed) {
      this.#lastSeq = begin.seq;
      this.#emit("Begin", begin);
    }
    for (const message of again) this.#put(message);
    this.#onWire = this.#sent.end;
    return undefined;
  }

  /** A socket, and the Begin that came on it. */
  async #greeted() {
    const address = new URL(this.#address);
    const query = address.searchParams;
    if (this.#session) {
      query.set("session_id", this.#session);
      query.set("last_seq", this.#lastSeq);
    }
    const ticket = await this.#ticket();
    if (ticket) query.set("token", ticket);
    const { token } = this.#options;
    const socket = token ? new WebSocket(address, ["token", token]) : new WebSocket(address);
    return { socket, begin: await greeting(socket) };
  }

  async #ticket() {
    try {
      return await this.#options.ticket?.();
    } catch (error) {
      if (error instanceof StreamError) throw error;
      throw new StreamError("unreachable", `the server does not answer: ${error.message}`);
    }
  }

  #receive(event) {
    if (event.type !== "Begin" && event.seq <= this.#lastSeq) return; // the old socket had it
    this.#lastSeq = event.seq;
    if (event.type === "Termination") this.#termination = event;
    if (event.type === "Error" && event.fatal) {
      this.#failure = new StreamError(event.code, event.message, event.retry_after_s ?? null);
    }
    this.#emit(event.type, event);
  }

  /** The socket is closed: all is done, or refused, or it was cut. */
  #closed(code, reason = "") {
    this.#socket.onmessage = this.#socket.onclose = null;
    const drained = this.#termination?.reason === "draining" && !this.#closing;
    if (this.#termination && !drained) return this.#end(null);
    if (this.#failure) return this.#end(this.#failure);
    if (code !== CUT && code !== DRAINING) {
      return this.#end(new StreamError("closed", closedWith(code, reason)));
    }
    // A server that went down in order has judged what it got: the rest is for the next one.
    if (drained) this.#restart(this.#place(this.#termination.audio_seconds));
    return this.#mend();
  }

  /** Go on in a new session, with the audio from this place on. */
  #restart(place) {
    const from = Math.min(place, this.#sent.end);
    this.offset += from / this.#place(1);
    this.#sent.restart(from);
    this.#onWire = 0;
    this.#session = this.#termination = null;
  }

  /** Where in the audio of a session a second lies, in bytes. */
  #place(seconds) {
    const { sampleRate, channels } = this.#options;
    return Math.round(seconds * sampleRate) * channels * 2;
  }

  async #mend() {
    const until = performance.now() + this.#options.reconnectSeconds * 1000;
    let error = new StreamError("unreachable", "the connection broke");
    for (let attempt = 1; this.state !== "closed"; attempt++) {
      // Chance spreads the clients of a server that comes back.
      const seconds = Math.max(error.retryAfter ?? 0, this.#pause * (0.5 + Math.random() / 2));
      if (performance.now() + seconds * 1000 > until) return this.#end(error);
      this.#change("waiting", { attempt, seconds, error });
      await Promise.race([sleep(seconds * 1000), online()]);
      if (this.state === "closed") break;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_S);
      this.#change("connecting", { attempt });
      try {
        return await this.#connect();
      } catch (problem) {
        if (!problem.temporary) return this.#end(problem);
        error = problem;
      }
    }
    return undefined;
  }

  /** Once a second: show that we are here, and notice a socket that is dead. */
  #tick() {
    if (this.state !== "open") return;
    const now = performance.now();
    const flow = this.#flow;
    const taken = flow.given - this.#socket.bufferedAmount;
    if (taken > flow.taken || taken >= flow.given) [flow.taken, flow.moved] = [taken, now];
    if (now - flow.opened > STEADY_S * 1000) this.#pause = FIRST_PAUSE_S;
    if (now - flow.spoken > KEEP_ALIVE_S * 1000) this.#put('{"type":"KeepAlive"}');
    if (now - flow.moved > STALLED_S * 1000 && !this.#options.upload) {
      const dead = this.#socket;
      this.#closed(CUT);
      dead.close();
    }
  }

  #end(error) {
    if (this.state === "closed") return;
    clearInterval(this.#timer);
    this.#change("closed", { error });
    this.#socket?.close();
    if (error) this.#done.reject(error);
    else this.#done.resolve(this.#termination);
  }

  #change(state, more = {}) {
    this.state = state;
    this.#emit("state", { state, ...more });
  }

  #emit(type, event) {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
    if (type !== "state") for (const listener of this.#listeners.get("*") ?? []) listener(event);
  }
}

/** The server says in its close frame what to do. */
const closedWith = (code, reason) => reason || `the connection was closed (${code})`;

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The address of a server's stream, from that of the server or of the stream itself. */
function streamAddress(url) {
  const address = new URL(String(url).replace(/^http/, "ws"));
  address.hash = address.search = "";
  if (!STREAM_PATH.test(address.pathname)) {
    address.pathname = `${address.pathname.replace(/\/+$/, "")}/v1/stream`;
  }
  return address;
}

function greeting(socket) {
  let late;
  const answer = new Promise((resolve, reject) => {
    const fail = () => reject(new StreamError("unreachable", "the server does not answer"));
    late = setTimeout(fail, GREETING_S * 1000);
    socket.onerror = fail; // one that the page's policy forbids has errors only
    socket.onclose = ({ code, reason }) => {
      if (reason) reject(new StreamError("closed", closedWith(code, reason)));
      else fail();
    };
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "Begin") resolve(event);
      else reject(new StreamError(event.code ?? "closed", event.message, event.retry_after_s ?? null));
    };
  });
  answer.catch(() => socket.close());
  return answer.finally(() => {
    clearTimeout(late);
    socket.onerror = null;
  });
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Resolves when the browser finds that it has a network again. */
const online = () => new Promise((resolve) => { addEventListener("online", resolve, { once: true }); });
