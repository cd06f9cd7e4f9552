// The state of a conversation, built from its events: plain data for views and exports. Times are
// in seconds since the page began to listen, across all sessions of the stream.

const ALERT_BELOW = -0.5; // a speaker's mood (-1 to 1) at which to alert
const CALM_ABOVE = -0.25; // mood to which it must rise before it can alert again

/** The two most probable emotions, as [name, probability]. */
export const strongest = (emotions) =>
  Object.entries(emotions ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 2);

export class Conversation {
  /** @param {number} channels Number of channels.
   * @param config The `config` of the Begin; older servers send neither names nor roles. */
  constructor(channels, { channel_names: names = [], roles = [] } = {}) {
    Object.assign(this, { channels, names, roles });
    this.utterances = new Map(); // by key, in order of first arrival
    this.tone = Array.from({ length: channels }, () => []); // points {t, score}; a null score is a gap
    this.speaking = new Array(channels).fill(false);
    this.soFar = new Array(channels).fill(null); // {id, words} so far of an utterance without a result
    this.summary = null;
    this.alerts = []; // of mood: {t, channel, value}
    this.fired = []; // of rules: {t, rule, severity, channel, start, why}
    this.warnings = []; // {t, code, message, detail}
    this.elapsed = 0;
    this.sessions = 0;
    this.latest = new Array(channels).fill(null); // the last AudioSentiment of each channel
    this.earlier = { mood: [], turning_points: [], interruptions: [] }; // from earlier sessions
  }

  /** Add an event of a session that began at `offset` seconds. Returns the utterance that it adds
   * or revises, if any. */
  add(event, offset = 0) {
    this.elapsed = Math.max(this.elapsed, event.t + offset);
    return this[event.type]?.(event, offset);
  }

  Begin() {
    this.sessions += 1;
    if (this.summary) this.earlier = this.story();
    this.summary = null;
    this.speaking.fill(false);
    this.soFar.fill(null);
  }

  SpeechStarted({ channel, start }, offset) {
    this.speaking[channel] = true;
    this.tone[channel].push({ t: start + offset, score: null });
  }

  SpeechEnded({ channel, utterance_id: id, discarded }) {
    this.speaking[channel] = false;
    if (discarded) this.forget(channel, id);
  }

  AudioSentiment(event, offset) {
    this.tone[event.channel].push({ t: event.end + offset, score: event.score });
    this.latest[event.channel] = event;
  }

  InterimTranscript({ channel, utterance_id: id, transcript }) {
    this.soFar[channel] = { id, words: transcript };
  }

  /** Forget the words so far of an utterance: its result is there, or there will be none. Until
   * then they stay, and so nothing flickers between the end of speech and the result. */
  forget(channel, id) {
    if (this.soFar[channel]?.id <= id) this.soFar[channel] = null;
  }

  Utterance(event, offset) {
    const key = `${this.sessions}/${event.channel}/${event.utterance_id}`;
    const utterance = { ...event, key, start: event.start + offset, end: event.end + offset };
    this.utterances.set(key, utterance);
    this.forget(event.channel, event.utterance_id);
    return utterance;
  }

  Summary(event, offset) {
    this.summary = { ...event, offset };
    for (const { channel, value, t } of this.story().mood) this.watch(channel, value, t);
  }

  Alert({ t, rule, severity, channel, start, why }, offset) {
    this.fired.push({ t: t + offset, rule, severity, channel, start: start + offset, why });
  }

  Warning({ t, code, message, detail }, offset) {
    this.warnings.push({ t: t + offset, code, message, detail });
  }

  Termination() {
    this.speaking.fill(false);
    this.soFar.fill(null);
  }

  /** Mood, turning points and interruptions of all sessions; older servers do not send them. */
  story() {
    const { earlier, summary } = this;
    const later = (name) => (summary?.[name] ?? []).map((one) => ({
      ...one, t: one.t + summary.offset,
      ...(Number.isFinite(one.start) && { start: one.start + summary.offset }),
    }));
    return Object.fromEntries(Object.keys(earlier).map((name) => [name, [...earlier[name], ...later(name)]]));
  }

  /** Alert when a speaker's mood falls below ALERT_BELOW, and again only after it has recovered. */
  watch(channel, value, t) {
    if (channel === null) return;
    const last = this.alerts.findLast((alert) => alert.channel === channel);
    if (last && t <= last.until) return;
    if (last?.open) {
      last.until = t;
      last.open = value < CALM_ABOVE;
    } else if (value <= ALERT_BELOW) {
      this.alerts.push({ t, channel, value, until: t, open: true });
    }
  }
}
