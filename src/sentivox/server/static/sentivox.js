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
 *   stream.send(samples);                  // Int16Array, 30 to 50 ms, whenever there are some
 *   await stream.close();                  // resolves with Termination when all is analysed
 *
 * A broken connection is restored, with growing pauses between attempts. Audio that the server did
 * not receive is sent again, and no event is lost or repeated. If the server no longer knows the
 * session, as after a restart, a new one begins, with a `Begin` among the events and the seconds
 * of audio before it in `offset`.
 */

const KEPT = 16 << 20; // bytes of audio kept for sending again: more than a connection can buffer
const FIRST_PAUSE_S = 0.25; // before the first attempt to reconnect
const LONGEST_PAUSE_S = 5; // between attempts to reconnect
const KEEP_ALIVE_S = 20; // without sending anything before a KeepAlive is sent
const STALLED_S = 15; // for which a live socket sends nothing before it counts as broken
const STEADY_S = 5; // for which a new connection must last before the pauses start again
const GREETING_S = 10; // to wait for the server's Begin
const ASKED = { // options sent to the server, with defaults; null leaves one to the server
  sampleRate: 16000, channels: 1, language: "en", modalities: ["text", "audio"],
  minConfidence: null, baseline: null, chineseScript: null, words: null, interim: null,
  liveVoice: null, channelNames: null, roles: null, tags: null,
};
const STREAM_PATH = /\/(v1\/stream|ws\/analyze)$/;
const CUT = 1006;
const DRAINING = 1012;

/** A stream cannot begin or continue. `code` is the server's (`unauthorized`, `full`, `bad_request`
 * …), or `unreachable`, `closed`, `behind` or `left`. `retryAfter` is in seconds, or null. */
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

/** The latest sent messages, each with its place: bytes of audio sent before it in the session. */
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

  /** All messages from this place on; null if that audio is forgotten or not yet sent. */
  since(place) {
    if (place < this.#start || place > this.end) return null;
    return this.#items.flatMap(([at, message]) => {
      if (typeof message === "string") return at >= place ? [message] : [];
      if (at + message.byteLength <= place) return [];
      return [message.subarray(Math.max(0, place - at))];
    });
  }

  /** Forget what lies before this place, which becomes the start of a new session. */
  restart(place) {
    const rest = this.since(Math.max(place, this.#start)) ?? [];
    this.#items = [];
    this.#start = this.end = 0;
    for (const message of rest) this.add(message);
  }
}

export class Stream {
  /** Seconds of audio sent before the current session began; 0 in the first. */
  offset = 0;
  /** "new", "connecting", "open", "waiting" (to try again) or "closed". */
  state = "new";
  /** The server's greeting; null until it arrives. */
  begin = null;

  #address;
  #options;
  #listeners = new Map();
  #socket = null;
  #lastSeq = 0;
  #session = null; // id of the session to resume after a cut
  #sent = new Sent();
  #onWire = 0; // place up to which audio was handed to a socket
  #flow = null; // bytes that the current socket was given and has sent, and when
  #pause = FIRST_PAUSE_S;
  #closing = false;
  #termination = null;
  #failure = null;
  #timer = null;
  #done;

  /**
   * @param {string | URL} url Address of the server (ws, wss, http or https), with a proxy's
   *   sub-path, if any; or of its stream, which ends in /v1/stream or /ws/analyze.
   * @param {object} options
   *   sampleRate (16000), channels (1), language ("en", "zh-CN", or "auto"),
   *   modalities (["text", "audio"]; without "audio" no tone is inferred),
   *   minConfidence: probability (0 to 1) below which a label becomes "unclear"; if this or
   *     an option up to `tags` is not given, the server's default holds,
   *   baseline: judge tone relative to earlier utterances of the channel, or on its own,
   *   chineseScript: "simplified", "traditional", or "original", as the recogniser writes it,
   *   words: include the times of each word, in `Utterance.words`,
   *   interim: send the transcript so far at pauses, as `InterimTranscript`,
   *   liveVoice: live tone by the more accurate model of whole utterances,
   *   channelNames: a name for each channel, for people, such as ["Agent", "Customer"],
   *   roles: for each channel "agent", "customer" or "other",
   *   tags: what a server that stores conversations finds this one by;
   *   alerts: alert rules for this stream, as `Configure` has them, such as
   *     [{ name: "dead air", silence: { for_s: 15 } }]; a bad one comes back as an `Error` event;
   *   upload (false): audio will be sent faster than real time;
   *   token: sent as a subprotocol, if the server requires one;
   *   ticket: async () => a ticket of POST /v1/ticket, for tokens that a subprotocol cannot carry;
   *   reconnectSeconds (30): how long to keep trying to restore a connection; 0 does not try.
   */
  constructor(url, options = {}) {
    this.#options = {
      ...ASKED, alerts: null, upload: false, token: null, ticket: null, reconnectSeconds: 30, ...options,
    };
    this.#address = streamAddress(url);
    for (const name of Object.keys(ASKED)) {
      const value = this.#options[name];
      if ((value ?? null) !== null) this.#address.searchParams.set(snakeCase(name), value);
    }
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
    promise.catch(() => {}); // callers that only listen to "state" are informed there
    this.#done = { promise, ...settle };
  }

  /** Call `listener(event)` for every message of this type, for all messages ("*"), or for changes
   * of state ("state": `{state, attempt, seconds, error}`). Returns a function that removes it. */
  on(type, listener) {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
    return () => known.delete(listener);
  }

  /** Connect, and resolve with the server's Begin. Rejects with a StreamError; a first connection
   * that fails is not retried. */
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

  /** Send samples, an interleaved Int16Array. While the connection is broken they are kept. */
  send(samples) {
    if (!samples.length || this.#closing || this.state === "closed") return;
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice();
    this.#send(bytes);
  }

  /** Resolves once at most `bytes` wait in the browser; await it between chunks of an upload. */
  async room(bytes = 1 << 20) {
    do await sleep(0);
    while (this.state !== "closed" && (this.state !== "open" || this.#socket.bufferedAmount > bytes));
  }

  /** End the utterance being spoken now. */
  finalize() { this.#control("Finalize"); }

  /** Request a Summary of the session so far, which comes as an event. */
  summary() { if (this.state === "open" && !this.#closing) this.#put('{"type":"Summary"}'); }

  /** End the audio. Resolves with Termination; rejects if an error has ended the stream. */
  close() {
    if (!this.#closing && this.state !== "closed") this.#control("CloseStream");
    this.#closing = true;
    return this.#done.promise;
  }

  /** Close the connection at once, without waiting for outstanding events. */
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
      const { alerts } = this.#options;
      if (alerts?.length) this.#put(JSON.stringify({ type: "Configure", alerts })); // before any audio
    }
    for (const message of again) this.#put(message);
    this.#onWire = this.#sent.end;
    return undefined;
  }

  /** Open a socket and wait for the Begin. */
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
    if (event.type !== "Begin" && event.seq <= this.#lastSeq) return; // already received on the old socket
    this.#lastSeq = event.seq;
    if (event.type === "Begin") this.begin = event; // the answer to Configure
    if (event.type === "Termination") this.#termination = event;
    if (event.type === "Error" && event.fatal) {
      this.#failure = new StreamError(event.code, event.message, event.retry_after_s ?? null);
    }
    this.#emit(event.type, event);
  }

  /** Handle the end of a socket: the stream is done or refused, or the connection broke. */
  #closed(code, reason = "") {
    this.#socket.onmessage = this.#socket.onclose = null;
    const drained = this.#termination?.reason === "draining" && !this.#closing;
    if (this.#termination && !drained) return this.#end(null);
    if (this.#failure) return this.#end(this.#failure);
    if (code !== CUT && code !== DRAINING) {
      return this.#end(new StreamError("closed", closedWith(code, reason)));
    }
    // A server that shut down gracefully has analysed what it received; the next gets the rest.
    if (drained) this.#restart(this.#place(this.#termination.audio_seconds));
    return this.#mend();
  }

  /** Prepare to continue in a new session, with the audio from this place on. */
  #restart(place) {
    const from = Math.min(place, this.#sent.end);
    this.offset += from / this.#place(1);
    this.#sent.restart(from);
    this.#onWire = 0;
    this.#session = this.#termination = null;
  }

  /** The place, in bytes of audio, of a time in seconds. */
  #place(seconds) {
    const { sampleRate, channels } = this.#options;
    return Math.round(seconds * sampleRate) * channels * 2;
  }

  async #mend() {
    const until = performance.now() + this.#options.reconnectSeconds * 1000;
    let error = new StreamError("unreachable", "the connection broke");
    for (let attempt = 1; this.state !== "closed"; attempt++) {
      // Random pauses keep clients from reconnecting to a restarted server all at once.
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

  /** Runs once a second: sends KeepAlive if need be, and detects a dead socket. */
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

/** The message for a closed connection: the reason from the close frame, which says what to do. */
const closedWith = (code, reason) => reason || `the connection was closed (${code})`;

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The URL of a server's stream, from the address of the server or of the stream itself. */
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
    socket.onerror = fail; // the only event if the page's policy forbids the connection
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

/** Resolves when the browser is online again. */
const online = () => new Promise((resolve) => { addEventListener("online", resolve, { once: true }); });
