"""What is kept: nothing unless asked for, and never the words in a log."""

import json
import logging
import stat
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.engine.engine import Engine
from tests.server.serving import Message, call_audio, files, only, serving

TONE = "modalities=audio"


def test_utterances_are_kept_where_the_operator_says(
    engine: Engine, speech: bytes, tmp_path: Path
) -> None:
    kept = tmp_path / "voices"
    with (
        serving(engine, save_audio=kept, late_s=600.0) as running,
        running.call(TONE) as caller,
    ):
        messages = caller.finish(speech)
    session = kept / messages[0]["session_id"]
    names = ["0-0001.json", "0-0001.wav", "0-0002.json", "0-0002.wav"]
    assert [path.name for path in files(kept)] == names
    sent = np.frombuffer(speech, np.int16)
    for utterance in only(messages, "Utterance"):
        stem = session / f"0-{utterance['utterance_id']:04d}"
        assert json.loads(stem.with_suffix(".json").read_text()) == utterance
        (saved,) = np.concatenate(list(AudioFile(stem.with_suffix(".wav"))), axis=1)
        span = slice(round(utterance["start"] * 16_000), round(utterance["end"] * 16_000))
        np.testing.assert_array_equal(saved, sent[span])
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(kept)} == {0o600}
    assert stat.S_IMODE(session.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_costs_no_session(
    engine: Engine, sentence: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file")
    with (
        serving(engine, save_audio=tmp_path / "taken") as running,
        running.call(TONE) as caller,
    ):
        messages = caller.finish(sentence)
    assert only(messages, "Utterance")
    assert caller.code == 1000
    assert "save_failed" in caplog.text


def test_nothing_is_written_and_no_word_logged_otherwise(
    engine: Engine,
    sentence: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    with serving(engine, late_s=600.0) as running, running.call("token=secret") as caller:
        messages = caller.finish(sentence)
    words: Message = only(messages, "Utterance")[0]["transcript"]
    assert words
    assert files(tmp_path) == []
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.client")]
    utterance = next(line for line in ours if line.startswith("utterance "))
    assert "asr_ms=" in utterance
    assert f"session={messages[0]['session_id']}" in utterance
    for line in ours:
        assert str(words)[:8] not in line
        assert "secret" not in line


def test_words_are_logged_when_the_operator_says_so(
    engine: Engine, sentence: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sentivox.server")
    with serving(engine, late_s=600.0, log_transcripts=True) as running, running.call() as caller:
        said = only(caller.finish(sentence), "Utterance")[0]["transcript"]
    (line,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("utterance ")]
    assert line.endswith(f"transcript={said!r}")


def test_a_stereo_call_is_kept_a_speaker_a_file(engine: Engine, tmp_path: Path) -> None:
    data = call_audio(0.0, 6.6, channel=None)
    with (
        serving(engine, save_audio=tmp_path) as running,
        running.call(f"channels=2&{TONE}") as caller,
    ):
        caller.finish(data)
    assert [p.name for p in files(tmp_path) if p.suffix == ".wav"] == ["0-0001.wav", "1-0001.wav"]
