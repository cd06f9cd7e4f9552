"""What is kept of transcripts."""

from collections.abc import Callable

from sentivox.protocol.events import Utterance
from sentivox.store.sink import Texts


def keeper(texts: Texts) -> Callable[[Utterance], Utterance]:
    """A function that returns an utterance with what is kept of its words.

    Raises:
        SentivoxError: What redaction needs is not installed.
    """
    if texts == "full":
        return lambda said: said
    from sentivox.wording.redaction import redacted_utterance, without_text  # noqa: PLC0415

    return redacted_utterance if texts == "redacted" else without_text
