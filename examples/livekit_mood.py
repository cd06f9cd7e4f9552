"""Tells a LiveKit agent's language model how the user sounded, before the words of each turn.

    pip install livekit-agents
    sentivox serve
    python examples/livekit_mood.py console

For an agent of yours, put this file and `agent_mood.py` beside it, derive it from `MoodAgent` in
place of `Agent`, and add INSTRUCTION to what it is told. Everything else stays as it is, your
speech recogniser too. The LLM then reads

    ([emotion angry=0.62, disgust=0.17],[sentiment negative=0.84, neutral=0.14]) I am furious.

The models of the agent here are those of LiveKit's cloud, which asks for LIVEKIT_API_KEY and
LIVEKIT_API_SECRET.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from agent_mood import INSTRUCTION, Ear
from livekit import rtc
from livekit.agents import (
    Agent,
    AgentServer,
    AgentSession,
    JobContext,
    ModelSettings,
    cli,
    llm,
    stt,
)


class MoodAgent(Agent):
    """An agent that knows how the user sounded.

    Args:
        patience_s: Longest time, in seconds, that a turn waits for its mood.
        options: As for `Agent`.
    """

    def __init__(self, *, patience_s: float = 1.0, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._ear = Ear(patience_s)

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterator[stt.SpeechEvent]:
        """Hear what the recogniser hears."""

        async def heard() -> AsyncIterator[rtc.AudioFrame]:
            async for frame in audio:
                self._ear.hear(bytes(frame.data), frame.sample_rate)
                yield frame

        async for event in Agent.default.stt_node(self, heard(), model_settings):
            yield event

    async def on_user_turn_completed(
        self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage
    ) -> None:
        """Put the mood before the words."""
        await super().on_user_turn_completed(turn_ctx, new_message)
        new_message.content = [await self._ear.with_mood(new_message.text_content or "")]

    async def on_exit(self) -> None:
        """Hang up."""
        await super().on_exit()
        await self._ear.close()


server = AgentServer()


@server.rtc_session()
async def talk(job: JobContext) -> None:
    """One conversation."""
    session = AgentSession(
        stt="deepgram/nova-3",
        llm="openai/gpt-4.1-mini",
        tts="cartesia/sonic-3",
        # An answer begun before the turn is over knows no mood, and is thrown away.
        turn_handling={"preemptive_generation": {"enabled": False}},
    )
    agent = MoodAgent(instructions=f"You help the customers of a shop. {INSTRUCTION}")
    await session.start(agent, room=job.room)


if __name__ == "__main__":
    cli.run_app(server)
