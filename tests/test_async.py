"""What waits for a model has a twin for asyncio: its name after an `a`, and the same answer."""

import asyncio
import inspect
import threading
from collections.abc import Iterator

import numpy as np
import pytest

import sentivox
from sentivox.api.threads import to_end
from sentivox.errors import UsageError
from sentivox.protocol.events import Begin, Termination
from sentivox.samples import CALL

WAITS = {
    "sentivox": {"analyze"},
    "Analyzer": {"analyze", "close"},
    "Analysis": {"result", "stop"},
    "LiveStream": {"close"},
}
AT_ONCE = {
    "sentivox": {"rcs"},
    "Analyzer": {"stream", "listen"},
    "Analysis": {"clip"},
    "LiveStream": {"feed", "finalize", "poll"},
}
"""Those that never wait for a model. What is new belongs to one of both, or has a twin."""


def methods(name: str) -> set[str]:
    home = sentivox if name == "sentivox" else getattr(sentivox, name)
    names = sentivox.__all__ if name == "sentivox" else dir(home)
    return {n for n in names if not n.startswith("_") and inspect.isfunction(getattr(home, n))}


@pytest.mark.parametrize("name", WAITS)
def test_whatever_waits_has_a_twin(name: str) -> None:
    twins = {f"a{method}" for method in WAITS[name]}
    assert methods(name) == WAITS[name] | twins | AT_ONCE[name]
    home = sentivox if name == "sentivox" else getattr(sentivox, name)
    for method in WAITS[name]:
        one, other = (inspect.signature(getattr(home, n)) for n in (method, f"a{method}"))
        assert one.parameters == other.parameters
        assert getattr(home, f"a{method}").__doc__


@pytest.mark.parametrize("name", ["Analyzer", "Analysis", "LiveStream"])
def test_what_is_a_context_for_one_is_for_the_other(name: str) -> None:
    kind = getattr(sentivox, name)
    for method in ("enter", "exit"):
        assert callable(getattr(kind, f"__{method}__"))
        assert inspect.iscoroutinefunction(getattr(kind, f"__a{method}__"))


@pytest.fixture(scope="module")
def tone() -> Iterator[sentivox.Analyzer]:
    with sentivox.Analyzer("embedded", modalities=["audio"]) as loaded:
        yield loaded


def scores(result: sentivox.Result) -> list[tuple[float, int, float | None]]:
    return [(u.start, u.channel, u.fused_score) for u in result.utterances]


def test_twins_say_the_same(tone: sentivox.Analyzer) -> None:
    async def run() -> list[sentivox.Result]:
        given = await tone.aanalyze(CALL.read_bytes())
        own = await sentivox.aanalyze(CALL, profile="embedded", modalities=["audio"])
        return list(await asyncio.gather(given.aresult(), own.aresult()))

    given, own = asyncio.run(run())
    assert scores(given) == scores(own) == scores(tone.analyze(CALL).result())
    assert (given.file, own.file) == ("<bytes>", str(CALL))


def test_a_stream_is_closed_for_asyncio(tone: sentivox.Analyzer) -> None:
    async def run() -> list[sentivox.Event]:
        async with tone.stream() as live:
            events = live.feed(np.zeros(16_000, np.int16))
            events += await live.aclose()
        with pytest.raises(UsageError, match="is closed"):
            live.feed(b"")
        return events

    assert isinstance(asyncio.run(run())[-1], Termination)


def test_an_analysis_that_is_left_is_stopped(tone: sentivox.Analyzer) -> None:
    async def run() -> sentivox.Analysis:
        async with await tone.aanalyze(CALL) as analysis:
            async for event in analysis:
                assert isinstance(event, Begin)
                break
        return analysis

    analysis = asyncio.run(run())
    assert analysis.stopped
    assert analysis.result().truncated


def test_an_analyzer_is_closed_at_the_end_of_its_block() -> None:
    async def run() -> sentivox.Analyzer:
        load = asyncio.to_thread(sentivox.Analyzer, "embedded", modalities=["audio"])
        async with await load as analyzer:
            await (await analyzer.aanalyze(CALL, mixdown=True)).aresult()
        return analyzer

    analyzer = asyncio.run(run())
    with pytest.raises(UsageError, match="this Analyzer is closed"):
        analyzer.analyze(CALL)


def test_a_cancelled_task_leaves_nothing_running(tone: sentivox.Analyzer) -> None:
    """Its analysis is not in use by a thread any more when it is stopped."""

    async def run() -> sentivox.Analysis:
        begun = asyncio.Event()
        analysis = await tone.aanalyze(CALL)

        async def listen() -> None:
            async with analysis:
                async for _ in analysis:
                    begun.set()

        task = asyncio.create_task(listen())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return analysis

    assert asyncio.run(run()).stopped


@pytest.mark.parametrize("fails", [False, True])
def test_work_in_a_thread_is_waited_for_though_its_task_is_cancelled(fails: bool) -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go_on.wait()
        ended.set()
        if fails:
            raise ValueError

    async def run() -> None:
        task = asyncio.create_task(to_end(work))
        await asyncio.to_thread(started.wait)
        task.cancel()
        await asyncio.wait([task], timeout=0)  # it is told
        waits = not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert waits
        assert ended.is_set()

    asyncio.run(run())


def test_a_cancelled_opening_releases_its_models() -> None:
    loading = threading.Event()

    def progress(_stage: str, _done: bool) -> None:
        loading.set()

    async def run() -> None:
        task = asyncio.create_task(
            sentivox.aanalyze(CALL, profile="embedded", mixdown=True, progress=progress)
        )
        await asyncio.to_thread(loading.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    from tests.processes import children

    before = set(children())
    asyncio.run(run())
    assert set(children()) <= before
