"""What is kept of transcripts: nothing else reaches the database, the file, or a summary."""

import pytest

from sentivox.conversation.summary import summary
from sentivox.protocol.events import Termination
from sentivox.store.records import AnyChange, encode
from sentivox.store.sink import StoreSink
from sentivox.store.texts import TEXT_FILTERS, Texts
from tests.store.made import BEGIN, fired, said

WORDS = "my card is 4111 1111 1111 1111, thank you"


@pytest.mark.parametrize(
    ("texts", "kept", "lost"),
    [
        ("full", [WORDS], []),
        ("redacted", ["my card is [card], thank you"], ["4111", "1111"]),
        ("none", [], ["4111", "card", "thank"]),
    ],
)
def test_what_is_left_out_is_nowhere(texts: Texts, kept: list[str], lost: list[str]) -> None:
    told: list[AnyChange] = []

    def put(change: AnyChange) -> bool:
        told.append(change)
        return True

    sink = StoreSink(put, texts=TEXT_FILTERS[texts], owner="", source="stream")
    utterance = said(score=-0.9, words=WORDS)
    sink.take(BEGIN)
    sink.take(utterance)
    sink.take(
        fired("made", why="Customer said “4111 1111 1111 1111” and “thank you”, score -0.60.").alert
    )
    sink.take(summary([utterance], [0, 1], 9.0))
    sink.take(Termination(audio_seconds=9.0, utterances=1, reason="closed"))
    written = b"\n".join(encode(change) for change in told).decode()
    assert len(told) == 4
    assert "score -0.60" in written
    assert all(words in written for words in kept)
    assert not any(words in written for words in lost)
