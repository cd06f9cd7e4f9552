"""One-line structured logs: `event key=value key=value`, without transcripts by default."""

import logging

from sentivox.protocol.events import Event, Utterance

logger = logging.getLogger("sentivox.server")


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one line; floats are shortened, None is left out, and text is quoted if need be.

    Args:
        event: Name of the event.
        level: Level of the standard library's `logging`.
        fields: The fields to log, in this order.
    """
    if not logger.isEnabledFor(level):
        return
    parts = [event, *(f"{k}={_show(v)}" for k, v in fields.items() if v is not None)]
    logger.log(level, "%s", " ".join(parts))


def _show(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    # repr escapes newlines too, so that text from a client cannot forge a second line.
    return text if text and text.isprintable() and not set(' "=') & set(text) else repr(text)


class UtteranceLog:
    """A sink that logs the milliseconds that each utterance spent in each stage.

    Args:
        words: Log transcripts too.
    """

    def __init__(self, *, words: bool = False) -> None:
        self._words = words

    def take(self, event: Event) -> None:
        """Log an Utterance, in each of its revisions; ignore other events."""
        if not isinstance(event, Utterance):
            return
        took = event.latency_ms
        log("utterance", session=event.session_id, channel=event.channel,
            id=event.utterance_id, revision=event.revision, start=event.start,
            end=event.end, queue_ms=took.queue, vad_ms=took.vad, asr_ms=took.asr,
            text_ms=took.text, tone_ms=took.audio, fusion_ms=took.fusion, total_ms=took.total,
            degraded=",".join(event.degraded) or None,
            transcript=event.transcript if self._words else None)  # fmt: skip
