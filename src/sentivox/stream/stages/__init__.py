"""What is found out about every utterance, a module each; a new one is a line in STAGES."""

from typing import Final

from sentivox.stream.stage import StageFactory
from sentivox.stream.stages.emotion import EmotionStage
from sentivox.stream.stages.speech import SpeechStage
from sentivox.stream.stages.text import TextStage
from sentivox.stream.stages.tone import ToneStage
from sentivox.stream.stages.words import WordsStage

STAGES: Final[tuple[StageFactory, ...]] = (
    ToneStage.of,
    WordsStage.of,
    SpeechStage.of,
    TextStage.of,
    EmotionStage.of,
)
"""In the order in which they are told, and in which they add to a message."""
