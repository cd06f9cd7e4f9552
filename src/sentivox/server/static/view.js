// Turns events into elements. Text goes in as textContent only: transcripts are never markup.

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

export function element(tag, classes = "", ...children) {
  const node = document.createElement(tag);
  node.className = classes;
  node.append(...children);
  return node;
}

const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

// One line: name, bar from the middle, number and label.
function scoreLine(name) {
  const fill = element("div", "fill");
  const value = element("span", "value");
  const line = element("div", "score absent", element("span", "name", name),
    element("div", "track", fill), value);
  line.update = (score, label) => {
    const known = score !== null && score !== undefined;
    line.className = `score ${known ? label : "absent"}`;
    fill.style.setProperty("--from", `${50 + Math.min(0, score ?? 0) * 50}%`);
    fill.style.setProperty("--length", `${Math.abs(score ?? 0) * 50}%`);
    value.textContent = known ? `${signed(score)} ${label}` : "–";
  };
  line.update(null);
  return line;
}

export class View {
  constructor() {
    this.reset(1);
  }

  reset(channels) {
    this.many = channels > 1;
    this.utterances = new Map();
    this.cards = new Map();
    this.elapsed = 0;
    $("utterances").replaceChildren();
    $("summary").hidden = true;
    $("empty").hidden = false;
    this.notice("");
    this.channels = Array.from({ length: channels }, (_, index) => this.channel(index));
    $("channels").replaceChildren(...this.channels.map((c) => c.root));
    this.drawTimeline();
  }

  channel(index) {
    const bar = element("i");
    const emotions = element("span", "emotions");
    const tone = scoreLine("Tone");
    const state = element("span", "", this.many ? `Channel ${index}` : "Voice");
    const head = element("div", "head", element("span", "dot"), state, emotions);
    const root = element("div", "channel", head, element("div", "level", bar), tone);
    return { root, bar, tone, emotions };
  }

  notice(text) {
    $("notice").hidden = !text;
    $("notice").textContent = text;
  }

  level(levels) {
    levels.forEach((rms, index) => {
      const share = Math.max(0, 1 + (20 * Math.log10(rms + 1e-9)) / 60);
      this.channels[index].bar.style.setProperty("--level", `${share * 100}%`);
    });
  }

  show(event) {
    this.elapsed = Math.max(this.elapsed, event.t);
    $("clock").textContent = clock(this.elapsed);
    this[event.type]?.(event);
  }

  SpeechStarted(event) {
    this.channels[event.channel].root.classList.add("speaking");
  }

  SpeechEnded(event) {
    this.channels[event.channel].root.classList.remove("speaking");
  }

  AudioSentiment(event) {
    const { tone, emotions } = this.channels[event.channel];
    tone.update(event.score, event.label);
    const strongest = Object.entries(event.emotions).sort((a, b) => b[1] - a[1]).slice(0, 3);
    emotions.textContent = strongest.map(([name, p]) => `${name} ${Math.round(p * 100)} %`).join(" · ");
  }

  Utterance(event) {
    const key = `${event.channel}/${event.utterance_id}`;
    const card = this.card(event);
    $("empty").hidden = true;
    if (this.cards.has(key)) this.cards.get(key).replaceWith(card);
    else $("utterances").insertBefore(card, this.spokenBefore(event.start));
    this.cards.set(key, card);
    this.utterances.set(key, event);
    this.drawTimeline();
  }

  // Where a new card goes: the latest speech is on top, in whatever order results come.
  spokenBefore(start) {
    return [...$("utterances").children].find((card) => card.dataset.start < start) ?? null;
  }

  card(event) {
    const label = event.fused?.label ?? "absent";
    const meta = element("div", "meta");
    const say = (text, kind = "") => meta.append(element("span", kind, text));
    say(event.fused?.label ?? "no opinion", `label ${label}`);
    if (this.many) say(`channel ${event.channel}`);
    say(`${clock(event.start)} – ${clock(event.end)}`);
    if (event.degraded.length) say(event.degraded.join(", "));
    say(event.final ? `${Math.round(event.latency_ms.total)} ms` : "words to follow…", "latency");
    const words = element("p", event.transcript ? "words" : "words none",
      event.transcript || (event.final ? "no words understood" : "…"));
    const lines = [
      ["Words", event.text_sentiment?.score, event.text_sentiment?.label],
      ["Tone", event.audio_sentiment?.score, event.audio_sentiment?.label],
      ["Together", event.fused_score, event.fused?.label],
    ].map(([name, score, of]) => {
      const line = scoreLine(name);
      line.update(score ?? null, of);
      return line;
    });
    const classes = `card utterance ${label}${event.final ? "" : " provisional"}${event.channel ? " second" : ""}`;
    const card = element("li", classes, meta, words, ...lines);
    card.dataset.start = event.start;
    return card;
  }

  Summary(event) {
    const { overall } = event;
    const figures = [
      ["Utterances", overall.utterances],
      ["Negative", overall.counts.negative ?? 0],
      ["Neutral", overall.counts.neutral ?? 0],
      ["Positive", overall.counts.positive ?? 0],
      ["Unknown", overall.counts.unknown ?? 0],
      ["Talk", `${overall.talk_seconds.toFixed(1)} s`],
      ["Mean score", overall.mean_score === null ? "–" : signed(overall.mean_score)],
      ["Trend per minute", overall.trend === null ? "–" : signed(overall.trend)],
    ];
    const rows = figures.map(([name, value]) =>
      element("div", "", element("dt", "", name), element("dd", "", String(value))));
    $("figures").replaceChildren(...rows);
    $("summary").hidden = false;
    for (const { root } of this.channels) root.classList.remove("speaking");
    this.level(this.channels.map(() => 0));
  }

  Warning(event) {
    this.notice(event.message);
  }

  Error(event) {
    this.notice(event.message);
  }

  // Each utterance as a bar as long as it lasted, up or down from zero by its score.
  drawTimeline() {
    const svg = $("timeline");
    const [width, height, left] = [svg.clientWidth || 800, svg.clientHeight || 120, 34];
    const [top, bottom] = [10, height - 20];
    const middle = (top + bottom) / 2;
    const span = Math.max(30, this.elapsed);
    const x = (seconds) => left + (seconds / span) * (width - left - 4);
    const make = (tag, attributes, text = "") => {
      const node = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      node.textContent = text;
      return node;
    };
    const parts = [[top, "+1"], [middle, "0"], [bottom, "−1"]].flatMap(([y, text]) => [
      make("line", { x1: left, x2: width, y1: y, y2: y, class: "axis" }),
      make("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, text),
    ]);
    const step = [5, 10, 30, 60, 120, 300, 600, 1800].find((s) => span / s <= 8) ?? 3600;
    for (let at = 0; at <= span; at += step) {
      const anchor = at === 0 ? "start" : x(at) > width - 20 ? "end" : "middle";
      parts.push(make("text", { x: x(at), y: height - 4, "text-anchor": anchor },
        clock(at).replace(/\.0$/, "")));
    }
    for (const u of this.utterances.values()) {
      const size = ((u.fused_score ?? 0) * (bottom - top)) / 2;
      const bar = make("rect", {
        x: x(u.start), width: Math.max(3, x(u.end) - x(u.start) - 1), rx: 2,
        y: Math.min(middle, middle - size) - 1, height: Math.abs(size) + 2,
        class: u.fused?.label ?? "absent", opacity: u.final ? 1 : 0.5,
      });
      bar.append(make("title", {}, u.transcript ?? ""));
      parts.push(bar);
    }
    svg.replaceChildren(...parts);
  }
}
