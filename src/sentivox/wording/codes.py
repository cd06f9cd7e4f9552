"""Plain English for the codes of the protocol, wherever people read them.

The page has the same words, and Chinese ones, in `server/static/code-words.js`. The code itself
belongs into a tooltip, a log or a file. A code that is not known, as newer servers may send it,
becomes words by itself: "tone_coarse" would be "tone coarse".
"""

from collections.abc import Mapping
from typing import Final

DEGRADED: Final[Mapping[str, str]] = {
    "asr_late": "words came late",
    "asr_failed": "speech recognition failed",
    "asr_rejected": "words not trusted",
    "no_words": "no words heard",
    "no_speculation": "words came later, as the server was busy",
    "text_failed": "words not scored",
    "tone_failed": "tone not analysed",
    "tone_coarse": "tone in larger steps, as the server was busy",
    "tone_windows_only": "tone by the simpler model, as the server was busy",
    "speaker_failed": "speaker not told",
}

REASONS: Final[Mapping[str, str]] = {
    "timeout": "it took too long",
    "crashed": "it crashed and was replaced",
    "asr_error": "an error of the recogniser",
    "voice_error": "an error of the voice model",
    "unsupported_language": "language not supported",
    "overloaded": "the server was overloaded",
    "asr_unavailable": "no recogniser was available",
    "draining": "the server was shutting down",
    "closed": "the analysis was stopped",
    "bad_result": "an invalid answer",
    "no_model": "no model is loaded",
    "no_text_model": "no text model for this language",
    "too_short": "too short",
    "silence": "silence",
    "no_speech": "probably no speech",
    "not_speech": "not speech",
    "repetition": "they repeat themselves",
    "too_fast": "too fast to be said",
    "low_confidence": "too uncertain",
    "known_phrase": "a phrase that recognisers invent",
    "other_language": "another language",
    "session_limit": "the longest time of a session was reached",
}

WARNINGS: Final[Mapping[str, str]] = {
    "audio_dropped": "audio dropped, as the server was busy",
    "degraded": "server busy",
    "restored": "server no longer busy",
    "not_raw_audio": "the audio does not sound like what it is said to be",
    "other_language": "another language is spoken",
    "hardly_understood": "hardly a word is understood",
    "too_many_messages": "too many messages",
    "unknown_control": "unknown message",
    "unknown_parameter": "unknown parameter",
    "not_stored": "not stored from here on",
    "too_late": "options came too late",
    "session_limit": "longest time reached",
    "not_resumed": "not resumed: a new session",
}

ERRORS: Final[Mapping[str, str]] = {
    "bad_message": "invalid message",
    "bad_config": "invalid options",
    "too_many_errors": "too many invalid messages",
    "bad_request": "invalid request",
    "not_raw_audio": "no raw audio",
    "origin": "page not allowed",
    "unauthorized": "token not accepted",
    "frame_too_big": "message too big",
    "internal": "error of the server",
    "not_ready": "server not ready",
    "full": "server full",
    "too_many_streams": "too many streams",
    "idle": "nothing was sent for too long",
}

ENDINGS: Final[Mapping[str, str]] = {
    "closed": "complete",
    "draining": "the server shut down",
    "session_limit": "longest time reached",
    "disconnected": "connection lost",
}

CLOSE_CODES: Final[Mapping[str, str]] = {
    "1000": "complete",
    "1003": "invalid data",
    "1006": "connection lost",
    "1008": "not allowed",
    "1009": "message too big",
    "1011": "error of the server",
    "1012": "server shut down",
    "1013": "server full",
    "4408": "nothing was sent for too long",
}
"""By the close code of a WebSocket, as the metrics of a server have it."""


def plainly(code: str, words: Mapping[str, str]) -> str:
    """The words for a code; for one without words, those that it is made of."""
    return words.get(code) or code.replace("_", " ").strip() or "unknown"


def lacking(code: str) -> str:
    """The words for a code in `Utterance.degraded`, with its reason in brackets.

    "asr_failed:overloaded" is "speech recognition failed (the server was overloaded)".
    """
    what, _, rest = code.partition(":")
    reason = rest.partition(":")[0]
    told = plainly(what, DEGRADED)
    if not reason:
        return told
    if reason.startswith("no_text_model_for_"):
        reason = "no_text_model"
    return f"{told} ({plainly(reason, REASONS)})"


def ending(outcome: str) -> str:
    """The words for how a session ended: the reason of its Termination, or the code of an Error."""
    return plainly(outcome, ENDINGS if outcome in ENDINGS else ERRORS)
