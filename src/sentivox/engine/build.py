"""Builds the model of a worker process from its specification."""

from importlib import import_module
from typing import Any, Final, cast

import msgspec

from sentivox.asr.protocol import Transcriber
from sentivox.errors import ModelError
from sentivox.voice.protocol import Voiceprinter

RECOGNISERS: Final = {
    "pocketsphinx": "sentivox.asr.pocketsphinx:PocketSphinxTranscriber",
    "whisper": "sentivox.asr.whisper:WhisperTranscriber",
    "sensevoice": "sentivox.asr.sensevoice:SenseVoiceTranscriber",
    "parakeet": "sentivox.asr.sherpa:parakeet",
    "moonshine": "sentivox.asr.sherpa:moonshine",
    "zipformer": "sentivox.asr.sherpa:zipformer",
}
"""The speech recognisers of Sentivox as "module:name", by kind; imported only when built."""

SPEAKER_MODELS: Final = {
    "voiceprint": "sentivox.voice.model:VoiceModel",
    "bundled_voiceprint": "sentivox.voice.bundled:BundledVoiceModel",
}
"""The speaker models of Sentivox as "module:name", by kind; imported only when built."""


class TranscriberSpec(msgspec.Struct, frozen=True):
    """Which recogniser or speaker model to build, in a form that can be sent to another process.

    Attributes:
        kind: A key of `RECOGNISERS` or `SPEAKER_MODELS`, or "package.module:Class" for another
            recogniser. Since it causes an import, it must never come from a client.
        options: Keyword arguments of the constructor; plain JSON values.
    """

    kind: str
    options: dict[str, Any] = {}

    @property
    def role(self) -> str:
        """The kind of model, in words for messages."""
        return "speaker model" if self.kind in SPEAKER_MODELS else "speech recogniser"


def build_transcriber(spec: TranscriberSpec) -> Transcriber:
    """Load the recogniser that `spec` describes.

    Raises:
        ModelError: There is no such recogniser, or its model is missing or damaged.
    """
    model = build_model(spec)
    if isinstance(model, Voiceprinter):
        raise ModelError(f"{spec.kind} is a speaker model and recognises no words")
    return model


def build_model(spec: TranscriberSpec) -> Transcriber | Voiceprinter:
    """Load the recogniser or speaker model that `spec` describes.

    Raises:
        ModelError: There is no such model, or its files are missing or damaged.
    """
    module, colon, name = (RECOGNISERS | SPEAKER_MODELS).get(spec.kind, spec.kind).partition(":")
    if not colon:
        raise ModelError(
            f"no speech recogniser is called {spec.kind!r}: use {', '.join(RECOGNISERS)}, "
            "or module:Class for your own"
        )
    return cast("Transcriber | Voiceprinter", getattr(import_module(module), name)(**spec.options))
