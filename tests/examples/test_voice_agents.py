# pyright: reportMissingImports=false, reportUntypedBaseClass=false
"""A mood in the prompt of voice agents, by the real frameworks, which hear the sample call.

The user's words come from the same server, by Deepgram's protocol and the frameworks' own services
for it. Pipecat wants an older protobuf and soxr than ours, so these two tests skip where the others
run, and have an environment of their own:

    .venv/bin/uv venv --python .venv/bin/python out/agents
    .venv/bin/uv pip install --python out/agents --group agents --editable .
    out/agents/bin/python -m pytest tests/examples/test_voice_agents.py
"""

import asyncio
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sentivox.client
from sentivox.cli.local_server import free_port
from sentivox.engine.engine import Engine
from tests.server.serving import PATIENCE_S, Running, call_audio, pieces, serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # theirs

EXAMPLES = Path(__file__).parents[2] / "examples"
RATE = 16_000
SPOKEN = call_audio(21.0, 24.9) + bytes(4 * RATE)
"""A turn of the customer, and two seconds of silence."""


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0) as running:
        yield running


@pytest.fixture
def examples(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples can be imported, and find the server."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("SENTIVOX_URL", f"ws://{server.address}")


@pytest.fixture(scope="module")
def utterance(server: Running) -> sentivox.Utterance:
    """What our client is told of the turn."""

    async def ask() -> list[sentivox.Utterance]:
        async with sentivox.client.connect(f"ws://{server.address}") as stream:
            await stream.send(SPOKEN)
            await stream.close()
            return [e async for e in stream if isinstance(e, sentivox.Utterance) and e.final]

    (utterance,) = asyncio.run(ask())
    assert utterance.transcript
    assert utterance.audio_sentiment
    return utterance


@pytest.mark.usefixtures("examples")
def test_agent_mood(utterance: sentivox.Utterance) -> None:
    ear = importlib.import_module("agent_mood").Ear(patience_s=PATIENCE_S)

    async def talk() -> list[str]:
        before = await ear.with_mood("Hello.")
        for piece in pieces(SPOKEN, 640):
            ear.hear(piece, RATE)
        said = await ear.with_mood("That's great help!")
        await ear.close()
        return [before, said]

    assert asyncio.run(talk()) == ["Hello.", sentivox.rcs(utterance, words="That's great help!")]


def test_an_agent_goes_on_without_a_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("SENTIVOX_URL", f"ws://127.0.0.1:{free_port()}")
    ear = importlib.import_module("agent_mood").Ear(patience_s=PATIENCE_S)

    async def talk() -> str:
        ear.hear(bytes(640), RATE)
        await ear._listening
        return await ear.with_mood("Hello.")

    assert asyncio.run(talk()) == "Hello."
    assert "No moods from here on: " in caplog.text


@pytest.mark.usefixtures("examples")
def test_pipecat_mood(server: Running, utterance: sentivox.Utterance) -> None:
    pytest.importorskip("pipecat")
    from pipecat.frames.frames import Frame, InputAudioRawFrame, LLMContextFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import (
        LLMContextAggregatorPair,
        LLMUserAggregatorParams,
    )
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    from pipecat.services.deepgram.stt import DeepgramSTTService
    from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
    from pipecat.turns.user_turn_strategies import UserTurnStrategies
    from pipecat.workers.runner import WorkerRunner

    class Reader(FrameProcessor):
        """Where the LLM would be."""

        def __init__(self) -> None:
            super().__init__()
            self.asked = asyncio.Event()

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, LLMContextFrame):
                self.asked.set()
            await self.push_frame(frame, direction)

    async def talk() -> list:
        mood = importlib.import_module("pipecat_mood")
        context, reader = LLMContext(), Reader()
        turns = UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy()])
        user = LLMContextAggregatorPair(
            context, user_params=LLMUserAggregatorParams(user_turn_strategies=turns)
        ).user()
        stt = DeepgramSTTService(api_key="none", base_url=f"ws://{server.address}")
        worker = PipelineWorker(
            Pipeline([stt, user, mood.Mood(patience_s=PATIENCE_S), reader]),
            params=PipelineParams(audio_in_sample_rate=RATE),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )
        started = asyncio.Event()

        async def begin(*_: object) -> None:
            started.set()

        worker.add_event_handler("on_pipeline_started", begin)

        async def listen() -> None:
            try:
                await asyncio.wait_for(started.wait(), PATIENCE_S)
                for piece in pieces(SPOKEN, 640):
                    await worker.queue_frame(InputAudioRawFrame(piece, RATE, 1))
                await asyncio.wait_for(reader.asked.wait(), PATIENCE_S)
            finally:
                await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await asyncio.gather(runner.run(), listen())
        return context.messages

    assert asyncio.run(talk()) == [{"role": "user", "content": sentivox.rcs(utterance)}]


@pytest.mark.usefixtures("examples")
def test_livekit_mood(server: Running, utterance: sentivox.Utterance) -> None:
    pytest.importorskip("livekit.agents")
    from livekit import rtc
    from livekit.agents import AgentSession, llm, utils
    from livekit.agents.voice import io
    from livekit.plugins import deepgram

    class Microphone(io.AudioInput):
        def __init__(self) -> None:
            super().__init__(label="the sample call")
            self._pieces = iter(pieces(SPOKEN, 640))

        async def __anext__(self) -> rtc.AudioFrame:
            piece = next(self._pieces, b"")
            if not piece:
                await asyncio.Event().wait()  # the caller stays on the line
            return rtc.AudioFrame(piece, RATE, 1, len(piece) // 2)

    async def talk() -> str | None:
        mood = importlib.import_module("livekit_mood")
        read: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        class Agent(mood.MoodAgent):
            async def on_user_turn_completed(
                self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage
            ) -> None:
                await super().on_user_turn_completed(turn_ctx, new_message)
                read.set_result(new_message.text_content)

        stt = deepgram.STT(
            api_key="none", base_url=f"http://{server.address}/v1/listen", endpointing_ms=500
        )
        async with (
            utils.http_context.open(),
            AgentSession(stt=stt, vad=None, turn_handling={"turn_detection": "stt"}) as session,
        ):
            session.input.audio = Microphone()
            await session.start(Agent(instructions="", patience_s=PATIENCE_S))
            return await asyncio.wait_for(read, PATIENCE_S)

    assert asyncio.run(talk()) == sentivox.rcs(utterance)
