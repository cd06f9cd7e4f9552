"""The stages: the kinds of analysis done for every utterance, one module each."""

from typing import Final

from sentivox.stream.stage import StageFactory
from sentivox.stream.stages.emotion import EmotionStage
from sentivox.stream.stages.speaker import KnownSpeakerStage
from sentivox.stream.stages.speech import SpeechStage
from sentivox.stream.stages.text import TextStage
from sentivox.stream.stages.tone import ToneStage
from sentivox.stream.stages.utterance_tone import UtteranceToneStage
from sentivox.stream.stages.words import WordsStage

STAGES: Final[tuple[StageFactory, ...]] = (
    ToneStage.of,
    UtteranceToneStage.of,
    WordsStage.of,
    SpeechStage.of,
    TextStage.of,
    EmotionStage.of,
    KnownSpeakerStage.of,
)
"""Factories of the default stages, in the order in which stages are signalled and add to a message.
The `SpeakerStage`, which finds out who speaks, is added by whoever has a `SpeakerTracker`."""
