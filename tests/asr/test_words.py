"""Times of words: from an engine's pieces, of real recognisers, against what is known."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.asr.guard import normalise_words
from sentivox.asr.pocketsphinx import PocketSphinxTranscriber
from sentivox.asr.protocol import TimingTranscriber
from sentivox.asr.whisper import WhisperTranscriber
from sentivox.asr.words import TokenPiece, pieces_of, timed_words, trim_pauses
from sentivox.audio.files import AudioFile
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.samples import CALL, script
from sentivox.types import SAMPLE_RATE, Int16Array, RecognisedWord


def said(*texts: str) -> list[TokenPiece]:
    """Pieces of a second each, one after the other."""
    return [TokenPiece(text, float(i), i + 1.0, 0.5) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "pieces", "words"),
    [
        ("Hello, world.", (" Hello", ",", " world", "."), ["Hello,", "world."]),
        ("don't", (" don", "'t"), ["don't"]),
        ("好的，谢谢你。", ("好", "的", "，", "谢谢", "你", "。"), ["好", "的，", *"谢谢", "你。"]),
        ("用 iPhone 手机", ("用", " iPhone", " 手", "机"), ["用", "iPhone", "手", "机"]),
        ("well - okay", (" well", " -", " okay"), ["well", "-", "okay"]),
        ("hello", ("▁HEL", "LO"), ["hello"]),
        ("", (), []),
    ],
)  # fmt: skip
def test_words_are_those_of_the_text(text: str, pieces: Sequence[str], words: list[str]):
    found = timed_words(text, said(*(piece.replace("▁", " ") for piece in pieces)))
    assert found is not None
    assert [word.text for word in found] == words


def test_punctuation_lends_a_word_no_time_and_no_confidence():
    pieces = [
        TokenPiece(" Yes", 1.0, 1.4, 0.9),
        TokenPiece(".", 1.4, 3.0, 0.1),
        TokenPiece(" No", 3.0, 3.2, 0.8),
    ]
    assert timed_words("Yes. No", pieces) == (
        RecognisedWord("Yes.", 1.0, 1.4, 0.9),
        RecognisedWord("No", 3.0, 3.2, 0.8),
    )


def test_pieces_of_another_text_give_no_words():
    assert timed_words("hello there", said(" hello")) is None
    assert timed_words("hello", pieces_of(["hel", "lo"], [0.1], end=1.0)) is None


@given(st.text(max_size=40))
def test_joined_words_are_the_text_whatever_it_is(text: str):
    found = timed_words(text, said(*text))
    assert found is not None
    assert "".join(word.text for word in found) == "".join(text.split())


def test_a_pause_belongs_to_no_word():
    rng = np.random.default_rng(1)
    parts = [(20, 0.5), (8000, 0.4), (20, 0.6), (8000, 0.5), (20, 0.5)]
    audio = np.concatenate(
        [rng.integers(-a, a + 1, round(s * SAMPLE_RATE)) for a, s in parts]
    ).astype(np.int16)
    one, two = trim_pauses(
        [RecognisedWord("one", 0.0, 1.2), RecognisedWord("two", 1.2, 2.5)], audio
    )
    assert (one.start, one.end) == pytest.approx((0.5, 0.9), abs=0.025)
    assert (two.start, two.end) == pytest.approx((1.5, 2.0), abs=0.025)
    assert (
        trim_pauses([RecognisedWord("one", 9.0, 9.1)], audio)[0].start == 9.0
    )  # beyond what there is


# Real recognisers


def loaded(name: str) -> TimingTranscriber:
    if name == "pocketsphinx":
        return PocketSphinxTranscriber()
    weights = ModelStore.from_environment().locate(find_model(name))
    if weights is None:
        pytest.skip(f"needs real weights: sentivox models pull {name}")
    return WhisperTranscriber(str(weights), name=name)


@pytest.fixture(scope="module", params=["pocketsphinx", "whisper-tiny.en", "whisper-base"])
def recogniser(request: pytest.FixtureRequest) -> TimingTranscriber:
    return loaded(request.param)


@pytest.fixture(scope="module")
def call() -> Int16Array:
    return np.concatenate(list(AudioFile(CALL)), axis=1)


def cut(call: Int16Array, turn: dict[str, float], margin_s: float = 0.3) -> Int16Array:
    start, end = turn["start"] - margin_s, turn["end"] + margin_s
    return call[int(turn["channel"]), round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def consistent(words: Sequence[RecognisedWord] | None, text: str, seconds: float) -> None:
    assert words is not None
    assert "".join(word.text for word in words) == "".join(text.split())
    assert all(word.start <= word.end <= seconds + 0.3 for word in words)
    assert all(one.start <= two.start for one, two in pairwise(words))
    assert all(0 <= (word.confidence or 0) <= 1 for word in words)


def aligned(audio: Int16Array, text: str) -> list[tuple[str, float, float]]:
    """When each word of a text that is known was said, by an aligner of another kind."""
    decoder = pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", bestpath=False)
    decoder.set_align_text(text)
    decoder.start_utt()
    decoder.process_raw(audio.tobytes(), full_utt=True)
    decoder.end_utt()
    return [
        (re.sub(r"\(\d+\)$", "", s.word), s.start_frame / 100, (s.end_frame + 1) / 100)
        for s in decoder.seg() or ()
        if not s.word.startswith(("<", "["))
    ]


def test_words_come_when_they_are_said(recogniser: TimingTranscriber, call: Int16Array):
    """Against a forced alignment of the script by hidden Markov models."""
    errors: list[float] = []
    for turn in script()["turns"]:
        audio = cut(call, turn)
        heard = recogniser.transcribe_timed(audio, "en")
        consistent(heard.words, heard.text, len(audio) / SAMPLE_RATE)
        truth, words = aligned(audio, turn["text"]), heard.words or ()
        matcher = SequenceMatcher(
            None, [w for w, _, _ in truth], [normalise_words(w.text) for w in words], autojunk=False
        )
        for block in matcher.get_matching_blocks():
            for i in range(block.size):
                start = truth[block.a + i][1]
                errors.append(abs(words[block.b + i].start - start))
    assert len(errors) >= 50
    assert np.median(errors) <= 0.08
    assert np.quantile(errors, 0.9) <= 0.25


def test_a_word_after_a_pause_begins_after_it(recogniser: TimingTranscriber, call: Int16Array):
    """Turns of the call with silence of known length between them."""
    turns = [turn for turn in script()["turns"] if turn["channel"] == 0][:3]
    parts: list[Int16Array] = []
    edges: list[tuple[int, float, float]] = []
    at = 0.0
    for turn in turns:
        audio = cut(call, turn)
        edges.append((len(turn["text"].split()), at + 0.3, at + len(audio) / SAMPLE_RATE - 0.3))
        parts += [audio, np.zeros(SAMPLE_RATE, np.int16)]
        at += len(audio) / SAMPLE_RATE + 1.0
    heard = recogniser.transcribe_timed(np.concatenate(parts), "en")
    words = heard.words or ()
    if len(words) != sum(count for count, _, _ in edges):
        pytest.skip(f"it mishears: {heard.text}")
    first = 0
    for count, start, end in edges:
        assert words[first].start == pytest.approx(start, abs=0.3)
        assert words[first + count - 1].end == pytest.approx(end, abs=0.4)
        first += count


def test_times_go_on_through_thirty_seconds(recogniser: TimingTranscriber, call: Int16Array):
    audio = np.concatenate([cut(call, turn, 0.1) for turn in script()["turns"]] * 2)
    assert len(audio) > 32 * SAMPLE_RATE
    heard = recogniser.transcribe_timed(audio, "en")
    consistent(heard.words, heard.text, len(audio) / SAMPLE_RATE)
    late = [word for word in heard.words or () if word.start > 30.5]
    assert len(late) >= 5


def test_times_are_not_told_unasked(recogniser: TimingTranscriber, call: Int16Array):
    audio = cut(call, script()["turns"][0])
    plainly, timed = recogniser.transcribe(audio, "en"), recogniser.transcribe_timed(audio, "en")
    assert plainly.words is None
    assert plainly.text == timed.text


def test_chinese_words_are_characters(data: Path):
    folder = data / "asr" / "commonvoice_zh-CN"
    if not folder.is_dir():
        pytest.skip("needs Chinese speech under SENTIVOX_DATA")
    recogniser = loaded("whisper-base")
    for path in sorted(folder.glob("*.opus"))[:5]:
        audio = np.concatenate([block[0] for block in AudioFile(path)])
        heard = recogniser.transcribe_timed(audio, "zh")
        consistent(heard.words, heard.text, len(audio) / SAMPLE_RATE)
        assert len(heard.words or ()) >= 0.6 * sum(c.isalnum() for c in heard.text)


@pytest.fixture(scope="module")
def data() -> Path:
    import os

    from benchmarks.asr_quality import DEFAULT_DATA

    return Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))
