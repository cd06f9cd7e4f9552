"""How good the models are on labelled data: readers, figures, and one module a task."""

from typing import Final

TASKS: Final = {
    "tone": "clips labelled with emotions or sentiments: the voice alone",
    "text": "sentences labelled with sentiments",
    "asr": "speech with transcripts: word error rate",
    "vad": "recordings with the times of speech (segments.tsv)",
    "fusion": "scores of a voice and a text model (scores.csv)",
    "pipeline": "labelled clips through the whole pipeline: words, voice and both",
}
"""What can be evaluated, and on which data. The module of the same name does it."""
