"""How good the models are on labelled data: readers, figures, and one module a task."""

from typing import Final

TASKS: Final = {
    "tone": "clips labelled with emotions or sentiments, by the voice alone",
    "text": "sentences labelled with sentiments",
    "asr": "speech with transcripts: words that are wrong",
    "vad": "recordings with the times of speech (segments.tsv)",
    "fusion": "posteriors of a voice and a text model (scores.csv)",
    "pipeline": "labelled clips through everything: words, voice, and both together",
}
"""What can be evaluated, and on which data. The module of the same name does it."""
