"""Evaluation and calibration on labelled data: readers, metrics, and a module for each task."""

from typing import Final

TASKS: Final = {
    "tone": "clips labelled with emotions or sentiments: the voice alone",
    "text": "sentences labelled with sentiments",
    "asr": "speech with transcripts: word error rate",
    "vad": "recordings with the times of speech (segments.tsv)",
    "fusion": "scores of a voice and a text model (scores.csv)",
    "pipeline": "labelled clips through the whole pipeline: words, voice and both",
}
"""The evaluation tasks and the data they take; the module of the same name implements each."""

BY: Final = {
    "tone": ("speaker", "gender", "duration", "confidence", "novelty"),
    "text": ("speaker", "gender", "confidence"),
    "fusion": ("speaker", "confidence"),
    "pipeline": ("speaker", "gender", "duration", "confidence"),
}
"""The subsets that each task with classes can report; see `sentivox.evaluation.subsets`."""
