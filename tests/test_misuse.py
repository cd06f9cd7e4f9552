"""The Python API used wrongly: one line that says what to do, and nothing else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sentivox
from sentivox.errors import AudioError, ProtocolError, SentivoxError, UsageError
from sentivox.protocol.events import Begin, Termination
from sentivox.samples import CALL

SECOND = bytes(32_000)


@pytest.fixture(scope="module")
def tone() -> Iterator[sentivox.Analyzer]:
    with sentivox.Analyzer("embedded", modalities=["audio"]) as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"modalities": "text"}, r'several strings, such as \["text", "audio"\], not str'),
        ({"modalities": None}, "not None"),
        ({"modalities": [1]}, "not list"),
        ({"modalities": ["smell"]}, "text, audio or"),
        ({"min_confidence": "0.5"}, "min_confidence must be a number from 0 to 1, not str"),
        ({"min_confidence": None}, "a number"),
        ({"min_confidence": float("nan")}, "between 0 and 1"),
        ({"language": 5}, "language '5' is not a tag"),
        ({"language": ["en"]}, "is not a tag"),
        ({"words": "yes"}, "words must be True or False, not str"),
        ({"baseline": None}, "True or False"),
        ({"speakers": "yes"}, "speakers must be True, False or None, not str"),
        ({"chinese_script": []}, "simplified, traditional, original"),
        ({"calibration": "calibration.json"}, r"Calibration.load\(\), not str"),
        ({"config": {}}, "a StreamConfig, not dict"),
        ({"alerts": 5}, "alerts must be the path of a TOML file, or a list of dicts, a rule each"),
        ({"alerts": [5]}, "alerts must be a list of dicts, a rule each, not list"),
        ({"alerts": [{"name": "r"}]}, "rule 'r': has no condition: give one of"),
        ({"alerts": "/no/such/rules.toml"}, "rules.toml cannot be read: No such file"),
        ({"voices": 5}, "the path of a folder, not int"),
        ({"voices": "/no/such/folder"}, "is not a folder of voices|is not on this machine"),
        ({"progress": 5}, "progress must be a function"),
        ({"profile": None}, "there is no profile None"),
        ({"asr": 5, "modalities": ["text"]}, "no recogniser is called 5"),
    ],
)
def test_arguments_of_an_analyzer(arguments: dict[str, object], said: str) -> None:
    given: dict[str, Any] = {"profile": "embedded", "modalities": ["audio"], **arguments}
    with pytest.raises(SentivoxError, match=said):
        sentivox.Analyzer(**given)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sample_rate": "16000"}, "sample_rate '16000' is not supported"),
        ({"sample_rate": None}, "use 8000 to 48000 Hz"),
        ({"sample_rate": 16000.5}, "16000.5"),
        ({"sample_rate": float("inf")}, "inf"),
        ({"encoding": None}, "encoding 'None' is not known"),
        ({"encoding": []}, "use linear16"),
        ({"channels": "2"}, "channels '2' is not supported"),
        ({"channels": [1]}, "use 1 or 2"),
        ({"channels": 3}, "use 1 or 2"),
    ],
)
def test_formats_of_live_audio(tone, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        tone.stream(**arguments)


def test_a_format_in_numpys_numbers_is_as_good(tone) -> None:
    live = tone.stream(sample_rate=np.int64(8000), channels=np.float32(2))
    assert live.feed(np.zeros((2, 4000), np.int16)) == []
    assert isinstance(live.close()[-1], Termination)
    assert live.position == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("source", "arguments", "said"),
    [
        (None, {}, "give a path"),
        (object(), {}, "give a path"),
        ("a" * 5000, {}, "File name too long"),
        (CALL, {"track": "one"}, "there is no track 'one'"),
        (CALL, {"track": 1.0}, "there is no track"),
        (CALL, {"track": True}, "there is no track"),
        (CALL, {"track": 7}, "there is no track 7"),
        (CALL, {"mixdown": "no"}, "True or False"),
        (np.zeros(100), {}, "does not say its rate"),
        (np.zeros(100), {"sample_rate": [1]}, "is not supported"),
        (np.zeros(100, np.complex64), {"sample_rate": 8000}, "give a path"),
        (np.zeros((2, 2, 2)), {"sample_rate": 8000}, r"\(channels, n\)"),
    ],
)
def test_recordings(tone, source: object, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(SentivoxError, match=said):
        tone.analyze(source, **arguments)


@pytest.mark.parametrize(
    "data",
    [None, 5, "pcm", [1, 2], np.zeros(4), np.zeros(4, object), np.int16(5),
     np.zeros((3, 4), np.int16), np.zeros((2, 2, 2), np.int16)],
)  # fmt: skip
def test_what_is_fed(tone, data: object) -> None:
    with tone.stream(channels=2) as live, pytest.raises(AudioError):
        live.feed(data)


def test_a_stream_that_is_closed_takes_no_more_and_closes_again(tone) -> None:
    live = tone.stream()
    live.feed(SECOND)
    assert isinstance(live.close()[-1], Termination)
    for use in (lambda: live.feed(SECOND), lambda: live.feed(b""), live.finalize, live.__enter__):
        with pytest.raises(UsageError, match="this stream is closed: open another"):
            use()
    assert (live.poll(), live.close()) == ([], [])
    assert live.position == pytest.approx(1.0)


def test_a_stream_whose_block_is_over_takes_no_more(tone) -> None:
    with tone.stream() as live:
        live.feed(SECOND)
    for use in (lambda: live.feed(SECOND), live.finalize, live.close, live.__enter__):
        with pytest.raises(UsageError, match="feed and close it inside the block"):
            use()
    with tone.stream() as closed:
        closed.close()
    assert closed.close() == []


def test_an_analysis_gives_its_events_once(tone) -> None:
    analysis = tone.analyze(CALL)
    assert isinstance(next(iter(analysis)), Begin)
    assert isinstance(list(analysis)[-1], Termination)  # a loop that was left goes on
    for again in (analysis.__iter__, analysis.__aiter__):
        with pytest.raises(UsageError, match="keep them in a list"):
            again()
    assert analysis.result().utterances == analysis.result().utterances
    stopped = tone.analyze(CALL)
    stopped.stop()
    stopped.stop()
    with pytest.raises(UsageError, match="over"):
        list(stopped)
    assert stopped.result().truncated


@pytest.mark.parametrize(
    ("span", "error"),
    [
        ((7, 0, 1), UsageError), ((-1, 0, 1), UsageError), (("a", 0, 1), UsageError),
        ((0, "a", 1), UsageError), ((0, 0, float("nan")), UsageError),
        ((0, 0, float("inf")), UsageError), ((0, 2, 1), UsageError), ((0, 0, 1), AudioError),
    ],
)  # fmt: skip
def test_clips_that_are_not_there(tone, span: tuple[int, float, float], error: type) -> None:
    analysis = tone.analyze(CALL)
    list(analysis)
    assert len(analysis.clip(0, 29.0, 30.0)) == 16_000
    with pytest.raises(error, match=r"no channel|cannot be|ask for it as its event comes"):
        analysis.clip(*span)


def from_another_thread(use: Callable[[], object]) -> list[Exception]:
    """What it raises there."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            use()
        except Exception as error:  # noqa: BLE001  (whatever it is)
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised


def test_two_threads_are_refused_where_one_is_at_work(engine) -> None:
    """The second comes while the first is inside, which `go_on` tells."""
    from sentivox.api.analysis import Analysis
    from sentivox.audio.files import AudioFile
    from sentivox.stream.config import StreamConfig

    raised: list[Exception] = []

    def look() -> None:
        if not raised:
            for use in (lambda: next(iter(analysis)), analysis.stop, analysis.result):
                raised.extend(from_another_thread(use))

    analysis = Analysis(engine, AudioFile(CALL, mixdown=True), StreamConfig(), go_on=look)
    assert isinstance(list(analysis)[-1], Termination)
    assert [type(error) for error in raised] == [UsageError] * 3
    assert all("one at a time" in str(error) for error in raised)


def test_two_threads_are_refused_on_a_live_stream(tone) -> None:
    raised: list[Exception] = []

    class Slow(bytearray):
        """Tells when the stream is at work on it."""

        def __bytes__(self) -> bytes:
            for use in (lambda: live.feed(SECOND), live.poll, live.finalize, live.close):
                raised.extend(from_another_thread(use))
            return SECOND

    live = tone.stream()
    live.feed(Slow(32_000))
    assert [type(error) for error in raised] == [UsageError] * 4
    assert isinstance(live.close()[-1], Termination)


def test_an_analyzer_that_is_closed() -> None:
    analyzer = sentivox.Analyzer("embedded", modalities=["audio"])
    live, analysis = analyzer.stream(), analyzer.analyze(CALL)

    async def pieces() -> AsyncIterator[bytes]:
        yield SECOND

    analyzer.close()
    analyzer.close()
    uses: list[Callable[[], object]] = [
        lambda: analyzer.analyze(CALL), analyzer.stream, lambda: analyzer.listen(pieces()),
        analyzer.__enter__, lambda: live.feed(SECOND), lambda: list(analysis),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(UsageError, match="this Analyzer is closed"):
            use()


@pytest.mark.parametrize(
    ("called", "name", "right"),
    [
        ("Analyzer", "langauge", "did you mean language?"),
        ("analyze", "modality", "did you mean modalities?"),
        ("Analyzer.analyze", "samplerate", "did you mean sample_rate?"),
        ("Analyzer.aanalyze", "tracks", "did you mean track?"),
        ("Analyzer.stream", "chanels", "did you mean channels?"),
        ("Analyzer.stream", "rate", "it takes sample_rate, encoding, channels"),
        ("Analyzer.listen", "encodings", "did you mean encoding?"),
        ("client.connect", "tokn", "did you mean token?"),
        ("client.stream_file", "cert", "did you mean cacert?"),
    ],
)
def test_names_of_options(tone, called: str, name: str, right: str) -> None:
    use: Any = sentivox
    for part in called.split("."):
        use = tone if part == "Analyzer" and "." in called else getattr(use, part)
    with pytest.raises(TypeError) as refused:
        use(CALL, **{name: 1})
    said = called.removeprefix("client.")
    assert str(refused.value) == f"{said}() has no option {name!r}: {right}"


def test_listening_takes_an_async_iterator(tone) -> None:
    async def listen() -> None:
        async for _ in tone.listen([SECOND]):
            pass

    with pytest.raises(UsageError, match=r"async iterator.*not list"):
        asyncio.run(listen())


def test_results_and_calibrations(tone, tmp_path: Path) -> None:
    result: Any = tone.analyze(CALL, mixdown=True).result()
    calibration: Any = sentivox.Calibration
    uses: list[Callable[[], object]] = [
        lambda: result.report(None), lambda: result.report(5), lambda: result.plot(5),
        lambda: calibration.load(None), lambda: calibration.load("\0"),
        lambda: calibration.load(tmp_path), lambda: calibration().save(5),
        lambda: calibration(sharpness=-1), lambda: calibration(sharpness="1"),
        lambda: calibration(rule="mean"), lambda: calibration().revised("text", bias=5),
        lambda: calibration(bias=(1.0, 2.0)), lambda: calibration.linear("half"),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(SentivoxError):
            use()
    broken = tmp_path / "calibration.json"
    broken.write_text('{"sharpness": -1}')
    with pytest.raises(SentivoxError, match=r"is not a calibration file.*above 0"):
        calibration.load(broken)
