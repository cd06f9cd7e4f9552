// Exports of a conversation: JSON with everything, CSV with a row per utterance.

import { channelLabel } from "./channels.js";
import { csvOf } from "./saving.js";

const COLUMNS = ["channel", "utterance_id", "start", "end", "label", "score", "confidence",
  "text_score", "audio_score", "transcript", "asr_confidence", "degraded", "emotion", "events",
  "speaker", "channel_name", "role"]; // the columns of analyze --csv, without the file

/** The conversation as one document. */
export function asJson({ begin, conversation }) {
  const { utterances, tone, summary, alerts, fired, warnings } = conversation;
  return JSON.stringify({
    profile: begin.profile, models: begin.models, config: begin.config,
    utterances: [...utterances.values()].sort((a, b) => a.start - b.start),
    tone, ...conversation.story(),
    alerts: alerts.map(({ t, channel, value }) => ({ t, channel, value })),
    rule_alerts: fired, warnings, summary,
  }, null, 1);
}

/** A row per utterance, in order of time. */
export function asCsv(conversation) {
  const { utterances, roles } = conversation;
  const rows = [...utterances.values()].sort((a, b) => a.start - b.start).map((u) => [
    u.channel, u.utterance_id, u.start, u.end, u.fused?.label, u.fused_score, u.fused?.confidence,
    u.text_sentiment?.score, u.audio_sentiment?.score, u.transcript, u.asr_confidence,
    u.degraded.join(" "), u.emotion, u.events?.join(" "), u.speaker,
    channelLabel(u.channel, conversation), roles[u.channel],
  ]);
  return csvOf([COLUMNS, ...rows]);
}
