"""A stage of somebody else's: loud speech is taken for negative. What adding an opinion takes.

This file is the whole of the stage; the model is `judge`; and it is registered in a line where a
session is opened: `stages=(*STAGES, LoudnessStage)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sentivox.fusion.opinion import Opinion
from sentivox.stream.jobs import Failed, Job, JobResult
from sentivox.stream.stage import (
    Awaited,
    ChannelContext,
    Draft,
    Ended,
    Finding,
    Output,
    Settled,
    Signal,
)
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import FloatArray, Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoudnessJob(Job):
    """Judge one utterance: mono int16 at 16 kHz."""

    kind = "loudness"
    audio: Int16Array


def judge(jobs: Sequence[LoudnessJob]) -> list[FloatArray]:
    """Log-probabilities (3,) of each."""
    loud = [float(np.abs(job.audio.astype(np.float32)).mean()) > 1000 for job in jobs]
    return [np.log(np.array([0.9, 0.05, 0.05] if one else [0.1, 0.8, 0.1], np.float32))
            for one in loud]  # fmt: skip


class LoudnessStage:
    """An opinion of every utterance, by how loud it is."""

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._results: dict[int, JobResult | None] = {}

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        match signal:
            case Ended():
                self._results[utterance.id] = None
                return [
                    LoudnessJob(
                        id=self._channel.jobs.new(self),
                        channel=self._channel.number,
                        utterance_id=utterance.id,
                        audio=self._channel.voice.span(utterance.start, utterance.end or 0),
                    )
                ]
            case Settled():
                del self._results[utterance.id]
            case _:
                pass
        return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        self._results[job.utterance_id] = result
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        waiting = self._results[utterance.id] is None
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        result = self._results[utterance.id]
        if result is None:
            return
        if isinstance(result.value, Failed):
            draft.degraded.append(f"loudness_failed:{result.value.reason}")
        elif isinstance(result.value, np.ndarray):
            draft.opinions.append(Opinion("loudness", result.value))
