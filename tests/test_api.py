"""The Python API on the sample call, whose words and moods we know."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sentivox
from sentivox.errors import AudioError, ProtocolError
from sentivox.stream.events import AudioSentiment, Begin, Summary, Termination, Utterance


@pytest.fixture(scope="module")
def analyzer():
    with sentivox.Analyzer("embedded") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def result(analyzer, sample_call) -> sentivox.Result:
    return analyzer.analyze(sample_call).result()


def test_the_sample_call_turns_from_content_to_angry_to_relieved(result):
    customer = result.channels[1].utterances
    scores = [u.fused_score for u in customer]
    assert scores[0] > 0.2
    assert min(scores[1:-1]) < -0.3
    assert scores[-1] > 0.2
    assert scores.index(min(scores)) not in {0, len(scores) - 1}


def test_the_embedded_recogniser_understands_most_of_the_sample_call(result, sample_call):
    script = json.loads(sample_call.with_suffix(".json").read_text())
    said = " ".join(turn["text"] for turn in script["turns"]).lower().replace(".", "").split()
    heard = " ".join(u.transcript or "" for u in result.utterances).split()
    assert len(set(heard) & set(said)) / len(set(said)) > 0.75


def test_the_document_has_the_promised_keys(result):
    document = result.document()
    assert {"file", "duration", "profile", "models", "channels"} <= set(document)
    assert document["duration"] == pytest.approx(30.6, abs=0.2)
    for channel in document["channels"]:
        assert {"channel", "utterances", "summary"} <= set(channel)
        for utterance in channel["utterances"]:
            assert {"text_sentiment", "audio_sentiment", "fused_score"} <= set(utterance)
            assert utterance["final"]
    json.dumps(document, allow_nan=False)


def test_events_come_in_their_order(analyzer, sample_call):
    events = list(analyzer.analyze(sample_call))
    assert isinstance(events[0], Begin)
    assert isinstance(events[-2], Summary)
    assert isinstance(events[-1], Termination)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert sum(isinstance(e, AudioSentiment) for e in events) > 20


def test_mixdown_makes_one_channel(analyzer, sample_call):
    analysis = analyzer.analyze(sample_call, mixdown=True)
    assert analysis.duration == pytest.approx(30.6, abs=0.2)
    assert len(analysis.result().channels) == 1


def test_live_audio_in_small_pieces(analyzer, sample_call):
    from sentivox.audio.files import AudioFile

    live = analyzer.stream(channels=2)
    events = []
    for block in AudioFile(sample_call):
        if live.position > 8:
            break
        data = block.T.tobytes()
        events += live.feed(data[:1001])
        events += live.feed(data[1001:])
    events += live.finalize()
    events += live.close()
    assert [u for u in events if isinstance(u, Utterance)]
    assert isinstance(events[-1], Termination)


def test_leaving_early_leaves_nothing_behind(analyzer, sample_call):
    for event in analyzer.analyze(sample_call):
        if isinstance(event, AudioSentiment):
            break
    again = analyzer.analyze(sample_call, mixdown=True).result()
    assert again.utterances


def test_errors_come_before_any_model_is_loaded(tmp_path):
    with pytest.raises(AudioError):
        sentivox.analyze(tmp_path / "none.wav")
    with pytest.raises(ProtocolError):
        sentivox.Analyzer(modalities=["smell"])


def test_one_call_analyses_a_file_without_a_main_guard(tmp_path: Path, sample_call: Path):
    """Worker processes must not re-run the user's script."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sentivox\n"
        f"result = sentivox.analyze({str(sample_call)!r}, mixdown=True).result()\n"
        "print(len(result.utterances))\n"
    )
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(run.stdout) > 3


def test_import_is_light():
    code = "import sys, sentivox; print(sorted(m for m in sys.modules if m in sys.argv[1:]))"
    heavy = ["numpy", "onnxruntime", "av", "fastapi", "rich", "msgspec", "pocketsphinx"]
    run = subprocess.run(
        [sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
