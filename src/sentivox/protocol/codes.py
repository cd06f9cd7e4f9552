"""Every code that a server may send, where people may come to see it.

Each has plain words in `sentivox.wording.codes` and, in English and Chinese, in the page's
`static/code-words.js`; tests hold the three, and the code that sends them, together. Clients meet
codes of newer servers, too, and must take any.
"""

from typing import Final

DEGRADED: Final = (
    "asr_late", "asr_failed", "asr_rejected", "no_words", "no_speculation", "text_failed",
    "tone_failed", "tone_coarse", "tone_windows_only", "speaker_failed",
)  # fmt: skip
"""What stands in `Utterance.degraded`, up to a colon."""

REASONS: Final = (
    "timeout", "crashed", "asr_error", "voice_error", "unsupported_language", "overloaded",
    "asr_unavailable", "draining", "closed", "bad_result", "no_model", "no_text_model",
    "too_short", "silence", "no_speech", "not_speech", "repetition", "too_fast", "low_confidence",
    "known_phrase", "other_language", "session_limit",
)  # fmt: skip
"""What stands there after the colon; beside these, names of exceptions. What follows the next colon
is a message, and "no_text_model_for_…" ends in the tag of a language."""

WARNINGS: Final = (
    "audio_dropped", "degraded", "restored", "not_raw_audio", "other_language",
    "hardly_understood", "too_many_messages", "unknown_control", "unknown_parameter", "not_stored",
    "too_late", "session_limit", "not_resumed",
)  # fmt: skip
"""`Warning.code`."""

ERRORS: Final = (
    "bad_message", "bad_config", "too_many_errors", "bad_request", "not_raw_audio", "origin",
    "unauthorized", "frame_too_big", "internal", "not_ready", "full", "too_many_streams", "idle",
)  # fmt: skip
"""`Error.code`; and why a stream was refused."""

ENDINGS: Final = ("closed", "draining", "session_limit", "disconnected")
"""`Termination.reason`, and the outcome of a stored conversation; beside these, the codes of
errors."""
