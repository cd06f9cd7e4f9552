"""Tells a Pipecat agent's language model how the user sounded, before the words of each turn.

    pip install pipecat-ai
    sentivox serve

Put this file and `agent_mood.py` beside your bot, `Mood()` between the user's aggregator and the
LLM of its pipeline, and INSTRUCTION into what it is told. Everything else stays as it is, your
speech recogniser too:

    from pipecat_mood import INSTRUCTION, Mood

    Pipeline([transport.input(), stt, aggregators.user(), Mood(), llm, tts, …])

The LLM then reads

    ([emotion angry=0.62, disgust=0.17],[sentiment negative=0.84, neutral=0.14]) I am furious.
"""

from typing import Any

from agent_mood import INSTRUCTION, Ear
from pipecat.frames.frames import Frame, InputAudioRawFrame, LLMContextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

__all__ = ["INSTRUCTION", "Mood"]


class Mood(FrameProcessor):
    """Puts a mood before the user's words in the context, when the LLM is about to read it.

    Args:
        patience_s: Longest time, in seconds, that a turn waits for its mood.
    """

    def __init__(self, patience_s: float = 1.0) -> None:
        super().__init__()
        self._ear = Ear(patience_s)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass every frame on, and hear the audio."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self._ear.hear(frame.audio, frame.sample_rate)
        elif isinstance(frame, LLMContextFrame):
            await self._add_mood(frame.context)
        await self.push_frame(frame, direction)

    async def cleanup(self) -> None:
        """Hang up."""
        await super().cleanup()
        await self._ear.close()

    async def _add_mood(self, context: LLMContext) -> None:
        last: Any = context.messages[-1]
        if isinstance(last, dict) and last["role"] == "user" and isinstance(last["content"], str):
            last["content"] = await self._ear.with_mood(last["content"])
