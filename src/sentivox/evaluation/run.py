"""Runs the evaluation of a task by name."""

from collections.abc import Callable
from typing import Final

from sentivox.evaluation import asr, fusion, pipeline, text, tone, vad
from sentivox.evaluation.report import Report
from sentivox.evaluation.work import EvaluationRequest, Tick

_TASKS: Final[dict[str, Callable[[EvaluationRequest, Tick], Report]]] = {
    "tone": tone.evaluate,
    "text": text.evaluate,
    "asr": asr.evaluate,
    "vad": vad.evaluate,
    "fusion": fusion.evaluate,
    "pipeline": pipeline.evaluate,
}


def evaluate(task: str, request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate one of TASKS on labelled data.

    Args:
        task: Name of the task.
        request: The data and models to use.
        tick: Called with the number of examples done and the total.

    Raises:
        DataError: The data cannot be read, or hold nothing that the task can evaluate.
        AudioError: A recording cannot be read.
        ModelError: A model is missing.
    """
    return _TASKS[task](request, tick)
