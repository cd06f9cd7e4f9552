"""Which language is spoken, by real Whisper weights on real speech of several languages."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asr_quality import DEFAULT_DATA
from sentivox.api.analysis import Analysis
from sentivox.api.result import Result
from sentivox.audio.files import AudioFile
from sentivox.audio.given import recording
from sentivox.engine.engine import Engine
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.protocol.options import ChineseScript
from sentivox.stream.config import StreamConfig
from sentivox.text.chinese import written
from sentivox.types import SAMPLE_RATE, Int16Array

DATA = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))

pytestmark = [
    pytest.mark.skipif(
        ModelStore.from_environment().locate(find_model("whisper-base")) is None,
        reason="needs real weights: sentivox models pull whisper-base",
    ),
    pytest.mark.skipif(
        not (DATA / "asr").is_dir(), reason="needs the recordings under SENTIVOX_DATA"
    ),
]


@pytest.fixture(scope="module")
def whisper() -> Iterator[Engine]:
    with Engine.load(asr="whisper-base", asr_workers=1) as engine:
        yield engine


def clips(table: str, count: int, *, skip: int = 0) -> Int16Array:
    """Some recordings of a set, a second of silence after each."""
    path = DATA / table
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    pause = np.zeros(SAMPLE_RATE, np.int16)
    names = [row["file"] for row in rows[:: len(rows) // (count + skip)]][skip : skip + count]
    parts = [np.concatenate(list(AudioFile(path.parent / n, mixdown=True)), axis=1) for n in names]
    return np.concatenate([x for part in parts for x in (part[0], pause)])


def call(name: str, seconds: float) -> Int16Array:
    sides = np.concatenate(list(AudioFile(DATA / "calls" / "audio" / name)), axis=1)
    return sides[0, : round(seconds * SAMPLE_RATE)]


def heard(
    engine: Engine,
    audio: Int16Array,
    language: str | None,
    script: ChineseScript = "simplified",
) -> Result:
    config = StreamConfig(language=language, modalities=frozenset({"text"}), chinese_script=script)
    return Analysis(engine, recording(audio, sample_rate=SAMPLE_RATE), config).result()


def kept(result: Result) -> float:
    return sum(u.transcript is not None for u in result.utterances) / len(result.utterances)


@pytest.mark.parametrize(
    ("table", "language"),
    [
        ("asr/librispeech_test_other/manifest.tsv", "en"),
        ("asr/commonvoice_zh-CN/manifest.tsv", "zh"),
        ("tone/nemo/labels.csv", "pl"),
    ],
)
def test_auto_finds_the_language(whisper: Engine, table: str, language: str) -> None:
    result = heard(whisper, clips(table, 4), None)
    found = [u.language for u in result.utterances if u.language is not None]
    assert len(found) >= 2
    assert set(found) == {language}
    assert not result.notes


@pytest.mark.parametrize("name", ["ccp_02.opus", "ccp_04.opus", "ccp_08.opus"])
def test_an_arabic_call_that_is_told_to_be_english_is_doubted(whisper: Engine, name: str) -> None:
    result = heard(whisper, call(name, 75), "en")
    [doubt] = result.notes
    assert doubt.startswith("channel 1: is this really 'en'?"), doubt
    assert kept(result) <= 0.6, [u.transcript for u in result.utterances]


def test_polish_that_is_told_to_be_english_is_named(whisper: Engine) -> None:
    result = heard(whisper, clips("tone/nemo/labels.csv", 9), "en-GB")
    [doubt] = result.notes
    assert "It sounds like 'pl'" in doubt
    assert kept(result) <= 0.6, [u.transcript for u in result.utterances]


def test_english_raises_no_doubt_and_keeps_its_words(whisper: Engine) -> None:
    for audio in (
        call("lca_auto_repairs_40_agent.opus", 60),
        clips("asr/commonvoice_en/manifest.tsv", 8),
    ):
        result = heard(whisper, audio, "en-US")
        assert not result.notes
        assert kept(result) >= 0.85


def test_chinese_comes_in_one_script_unless_it_is_to_stay_as_it_came(whisper: Engine) -> None:
    audio = clips("asr/commonvoice_zh-CN/manifest.tsv", 8)
    as_it_came = [u.transcript or "" for u in heard(whisper, audio, "zh", "original").utterances]
    simplified = [u.transcript or "" for u in heard(whisper, audio, "zh-TW").utterances]
    assert simplified == [written(text, "simplified") for text in as_it_came]
    assert simplified != as_it_came  # or else nothing is shown
    assert any(text == written(text, "simplified") for text in as_it_came if text)
