"""The Python API on the sample call, whose words and moods we know."""

import asyncio
import doctest
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sentivox
from sentivox.conversation.headline import headline
from sentivox.engine.engine import Engine
from sentivox.errors import AudioError, ModelError, ProtocolError, SentivoxError
from sentivox.protocol.events import AudioSentiment, Begin, Summary, Termination, Utterance, encode
from sentivox.stream.config import StreamConfig
from sentivox.system.machine import usable_cores


@pytest.fixture(scope="module")
def analyzer():
    with sentivox.Analyzer("embedded") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def tone():
    """Of the tone alone, which costs little."""
    with sentivox.Analyzer("embedded", modalities=["audio"]) as loaded:
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


def test_alerts_are_events_and_in_the_summary(sample_call):
    rules = [{"name": "quiet", "silence": {"for_s": 1.0}}]
    with sentivox.Analyzer("embedded", modalities=["audio"], alerts=rules) as analyzer:
        analysis = analyzer.analyze(sample_call)
        alerts = [event for event in analysis if isinstance(event, sentivox.Alert)]
        told = analysis.result().summary.alerts
    assert [(a.rule, a.t) for a in told] == [(a.rule, a.t) for a in alerts]
    assert len(alerts) == 1  # all others fall into its cooldown


def test_mixdown_makes_one_channel(analyzer, sample_call):
    analysis = analyzer.analyze(sample_call, mixdown=True)
    assert analysis.duration == pytest.approx(30.6, abs=0.2)
    assert len(analysis.result().channels) == 1


ALONE = """
import json, sys
import sentivox
from sentivox.samples import CALL
from tests.processes import children

with sentivox.Analyzer("embedded", modalities=sys.argv[1:]) as analyzer:
    result = analyzer.analyze(CALL, mixdown=True).result()
    print(json.dumps([len(children()), result.models["text"], len(result.utterances)]))
"""


def test_what_is_not_asked_for_is_not_built():
    """Tone alone takes no recogniser's process and no text model."""

    def alone(*modalities: str) -> tuple[int, dict[str, str], int]:
        done = subprocess.run(
            [sys.executable, "-c", ALONE, *modalities],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        return json.loads(done.stdout)

    processes, texts, utterances = alone("audio")
    assert (processes, texts) == (0, {})
    assert utterances > 0
    processes, texts, again = alone("audio", "text")
    assert processes == usable_cores()
    assert set(texts) == {"en", "zh"}
    assert again == utterances


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


def test_a_recording_and_the_same_audio_live_say_the_same(tone, sample_call):
    from sentivox.audio.files import AudioFile

    live = tone.stream(channels=2)
    data = np.concatenate(list(AudioFile(sample_call)), axis=1).T.tobytes()
    events = [e for at in range(0, len(data), 999) for e in live.feed(data[at : at + 999])]
    events += live.close()
    assert plain(events) == plain(tone.analyze(sample_call))


def test_a_recording_in_memory_says_what_the_file_says(tone, sample_call, tmp_path):
    from sentivox.audio.files import AudioFile

    pcm = np.concatenate(list(AudioFile(sample_call)), axis=1)
    expected = plain(tone.analyze(sample_call))
    for source, rate, name in (
        (sample_call.read_bytes(), None, "<bytes>"),
        (pcm, 16_000, "<array>"),
        (pcm / 32768, 16_000, "<array>"),
    ):
        analysis = tone.analyze(source, sample_rate=rate)
        assert plain(analysis) == expected
        result = analysis.result()
        assert (result.file, result.document()["file"]) == (name, name)
        with pytest.raises(AudioError, match="write it to a file"):
            result.report(tmp_path / "page.html")
    with sample_call.open("rb") as file:
        assert tone.analyze(file).result().file == str(sample_call)


def test_samples_fed_live_are_those_the_stream_was_opened_for(tone, sample_call):
    from sentivox.audio.files import AudioFile

    pcm = np.concatenate(list(AudioFile(sample_call)), axis=1)[:, : 16_000 * 8]
    said = []
    for samples, encoding in ((pcm, "linear16"), ((pcm / 32768).astype(np.float32), "linear32f")):
        live = tone.stream(channels=2, encoding=encoding)
        events = [
            e for at in range(0, pcm.shape[1], 999) for e in live.feed(samples[:, at:][:, :999])
        ]
        said.append(plain([*events, *live.close()]))
    assert said[0] == said[1]
    assert any("Utterance" in line for line in said[0])
    with tone.stream(channels=2) as live, pytest.raises(AudioError, match="linear32f"):
        live.feed((pcm / 32768).astype(np.float32))

    async def floats():
        yield (pcm / 32768).astype(np.float32)

    async def run():
        return [event async for event in tone.listen(floats(), channels=2)]

    with pytest.raises(AudioError, match="linear32f"):
        asyncio.run(run())


def plain(events):
    """What they say, in the order of the audio; not whose they are, nor what took how long."""
    personal = {"session_id", "seq", "latency_ms", "config", "limits"}
    documents = [json.loads(encode(e)) for e in events if not isinstance(e, Begin)]
    return sorted(
        json.dumps({k: v for k, v in d.items() if k not in personal}, sort_keys=True)
        for d in documents
    )


def test_what_the_documentation_shows_is_so():
    import sentivox.api

    outcome = doctest.testmod(sentivox.api)
    assert outcome.attempted > 3
    assert outcome.failed == 0


def test_async_recordings_side_by_side_say_the_same(tone, sample_call):
    async def hear():
        return [event async for event in tone.analyze(sample_call)]

    async def both():
        return await asyncio.gather(hear(), hear())

    one, other = asyncio.run(both())
    assert isinstance(one[-1], Termination)
    said, again = (
        sorted((u.start, u.channel, u.fused_score) for u in events if isinstance(u, Utterance))
        for events in (one, other)
    )
    assert len(said) == 10
    assert said == again


def test_async_live_audio_gives_results_while_no_audio_comes(tone, sample_call):
    from sentivox.audio.files import AudioFile

    seen = []
    heard = asyncio.Event()

    async def audio():
        for block in AudioFile(sample_call):
            yield block.T.tobytes()
            if any(event.type == "SpeechEnded" for event in seen):
                break
        await heard.wait()  # a silent line: the words of what was said come all the same

    async def run():
        async for event in tone.listen(audio(), channels=2):
            seen.append(event)
            if isinstance(event, Utterance):
                heard.set()

    asyncio.run(asyncio.wait_for(run(), 60))
    kinds = [event.type for event in seen]
    assert kinds[-2:] == ["Summary", "Termination"]
    assert kinds.index("Utterance") < len(kinds) - 2


def test_async_live_audio_passes_on_what_ended_its_source(tone):
    async def audio():
        yield bytes(3200)
        raise ConnectionError("cable out")

    async def run():
        async for _ in tone.listen(audio()):
            pass

    with pytest.raises(ConnectionError, match="cable out"):
        asyncio.run(run())


def test_stopping_keeps_what_there_is(tone, sample_call):
    analysis = tone.analyze(sample_call, mixdown=True)
    for event in analysis:
        if isinstance(event, Utterance):
            break
    analysis.stop()
    part = analysis.result()
    assert analysis.stopped
    assert part.truncated
    assert 1 <= len(part.utterances) < 10
    told = headline(part.summary, part.summary.turning_points, part.utterances, "cut")
    assert told is not None
    assert part.headline == told["en"]


def test_a_data_frame_has_a_row_an_utterance(result):
    frame = result.to_dataframe()
    assert len(frame) == len(result.utterances)
    assert list(frame["score"]) == [u.fused_score for u in result.utterances]
    assert frame.groupby("channel")["score"].mean().notna().all()


def test_a_plot_is_drawn_where_asked(result):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert result.plot(ax) is ax
    assert ax.get_xlim() == (0, result.duration)
    assert len(ax.collections) == sum(u.fused_score is not None for u in result.utterances)


def test_a_plot_has_a_line_of_its_own_for_each_channel(result):
    """However many: a result need not come from this version's recordings."""
    from matplotlib.figure import Figure

    channels = [replace(result.channels[0], channel=number) for number in range(7)]
    ax = replace(result, channels=channels).plot(Figure().subplots())
    moods = [line for line in ax.get_lines() if str(line.get_label()).startswith("mood, ")]
    assert len(moods) == 7
    assert len({(line.get_linestyle(), line.get_color()) for line in moods}) == 7


def test_a_plot_makes_its_own_figure(result):
    from matplotlib import pyplot as plt

    figure = result.plot().figure
    plt.close(figure)
    assert len(figure.axes) == 1


def test_what_is_optional_is_asked_for_by_name(result, monkeypatch):
    import sentivox.report.notebook

    monkeypatch.setattr(sentivox.report.notebook, "find_spec", lambda _: None)
    with pytest.raises(SentivoxError, match=r"pip install \"sentivox\[notebook\]\""):
        result.to_dataframe()
    with pytest.raises(SentivoxError, match="matplotlib"):
        result.plot()


def test_a_notebook_shows_it_and_a_report_is_one_call(result, tmp_path):
    html = result._repr_html_()
    assert html.count("<tr>") == 1 + len(result.utterances)
    assert "10 utterances" in html
    result.report(tmp_path / "call.html")
    assert "Every utterance" in (tmp_path / "call.html").read_text()


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


def test_leaving_an_analysis_early_releases_the_models(sample_call):
    with sentivox.analyze(sample_call, modalities=["audio"]) as analysis:
        begun = next(iter(analysis))
    assert isinstance(begun, Begin)
    assert analysis.stopped
    with sentivox.analyze(sample_call, profile="embedded") as untouched:
        assert isinstance(untouched._engine, Engine)
        pool = untouched._engine._parts.asr
    assert pool is not None
    assert pool.stats().alive == 0


def test_all_settings_at_once_and_voices_besides(sample_call, tmp_path):
    """A folder of voices is not passed over for a `config`: here it is missing."""
    config = StreamConfig(language=None, modalities=frozenset({"audio"}))
    missing = tmp_path / "missing"
    with pytest.raises(ModelError, match="is not a folder of voices"):
        sentivox.Analyzer(config=config, voices=missing)
    with pytest.raises(ModelError, match="is not a folder of voices"):
        sentivox.analyze(sample_call, modalities=["audio"], voices=missing)
    stages = []
    analysis = sentivox.analyze(
        sample_call, config=config, progress=lambda stage, done: stages.append((stage, done))
    )
    begun = next(iter(analysis))
    analysis.stop()
    assert isinstance(begun, Begin)
    assert begun.config.language is None
    assert stages == [("vad", False), ("vad", True), ("tone", False), ("tone", True)]


def test_a_language_that_the_recogniser_lacks_is_refused_before_any_recording() -> None:
    with pytest.raises(ProtocolError, match="does not know the language 'fr'"):
        sentivox.Analyzer(asr="pocketsphinx", language="fr")
