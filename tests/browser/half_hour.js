// Half an hour of talk between two people, as events, as fast as the page draws them. The body of
// an async function: returns what the last minutes took, and how big the page has become.

const { page } = await load("app");
const SENTIMENTS = ["negative", "neutral", "positive"];
const [from, to] = given; // minutes
const feed = (type, fields) => page.receive({ type, session_id: "s", seq: 0, channel: 0, ...fields });
const opinion = (score) => ({ label: SENTIMENTS[Math.round(score + 1)], score, scores: {} });
const emotions = { angry: 0.5, sad: 0.3, calm: 0.2 };

function utterance(start, id) {
  const channel = id % 2;
  const score = Math.sin(id / 7) * 0.9;
  const about = { channel, utterance_id: id };
  feed("SpeechStarted", { ...about, t: start, start });
  for (let step = 1; step <= 6; step++) {
    const end = start + step / 2;
    feed("AudioSentiment", { ...about, t: end, start, end, ...opinion(score * Math.cos(step)), emotions });
  }
  feed("SpeechEnded", { ...about, t: start + 3.5, end: start + 3, reason: "silence", discarded: false });
  for (const revision of id % 5 ? [1] : [1, 2]) {
    feed("Utterance", {
      ...about, t: start + 3.5, revision, final: revision > 1 || id % 5 > 0, start, end: start + 3,
      transcript: `the words of utterance ${id} which are about as long as people's are`, language: "en",
      asr_confidence: 0.8, text_sentiment: opinion(score), audio_sentiment: { ...opinion(score / 2), emotions },
      fused_score: score, degraded: [], latency_ms: { total: 120 },
      fused: { ...opinion(score), weights: { text: 0.6, audio: 0.4 }, confidence: 0.8, agreement: true },
    });
  }
}

function summary(t, utterances) {
  const mood = Array.from({ length: utterances }, (_, id) => ({ t: id * 4 + 3, channel: null, value: Math.sin(id / 9) }));
  const turns = mood.filter((_, id) => id % 28 === 27).map((point) =>
    ({ ...point, channel: 0, utterance_id: 1, direction: "worse", before: 0.5, after: -0.4, transcript: "no" }));
  const own = { counts: { negative: 1, neutral: 1, positive: 1, unclear: 0 }, talk_seconds: t, mean_score: 0, trend: 0, trend_error: 0,
    mood: 0, talk_ratio: 0.5, most_negative: null, most_positive: null };
  feed("Summary", { t, overall: own, channels: [own, own], mood, turning_points: turns, interruptions: [] });
}

const drawings = [];
if (from === 0) {
  page.reset(2);
  feed("Begin", { t: 0, config: {}, models: {}, profile: "embedded" });
}
for (let second = from * 60; second < to * 60; second += 4) {
  utterance(second, second / 4);
  if (second % 12 === 0) summary(second, second / 4);
  page.drawn = -Infinity; // do not wait for the clock: there are 30 minutes to come
  const began = performance.now();
  await new Promise(requestAnimationFrame);
  while (page.dirty) await new Promise(requestAnimationFrame);
  drawings.push(performance.now() - began);
}
drawings.sort((a, b) => a - b);
return {
  minute: to,
  frame_ms_p50: drawings[Math.floor(drawings.length / 2)],
  frame_ms_p95: drawings[Math.floor(drawings.length * 0.95)],
  nodes: document.querySelectorAll("*").length,
  chart_nodes: document.querySelectorAll("#chart *").length,
  cards: document.querySelectorAll("#utterances > li").length,
};
