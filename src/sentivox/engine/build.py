"""From a model's name to the model itself; runs inside a worker process."""

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
"""The speech recognisers we bring; each is imported only where it is built."""

SPEAKER_MODELS: Final = {"voiceprint": "sentivox.voice.model:VoiceModel"}
"""Likewise those that tell speakers apart."""


class TranscriberSpec(msgspec.Struct, frozen=True):
    """Which recogniser to build, in a form that travels to another process.

    Attributes:
        kind: One of `RECOGNISERS` or `SPEAKER_MODELS`, or "package.module:Class" for a recogniser
            of one's own. It imports code, so it must come from the program itself and never from
            a client.
        options: Keyword arguments of its constructor; plain JSON values.
    """

    kind: str
    options: dict[str, Any] = {}

    @property
    def role(self) -> str:
        """What the model is, as messages call it."""
        return "speaker model" if self.kind in SPEAKER_MODELS else "speech recogniser"


def build_transcriber(spec: TranscriberSpec) -> Transcriber:
    """Load the recogniser that `spec` names.

    Raises:
        ModelError: no such recogniser, or its model is missing or damaged.
    """
    model = build_model(spec)
    if isinstance(model, Voiceprinter):
        raise ModelError(f"{spec.kind} tells speakers apart and recognises no words")
    return model


def build_model(spec: TranscriberSpec) -> Transcriber | Voiceprinter:
    """Load the recogniser, or the speaker model, that `spec` names.

    Raises:
        ModelError: no such recogniser, or its model is missing or damaged.
    """
    module, colon, name = (RECOGNISERS | SPEAKER_MODELS).get(spec.kind, spec.kind).partition(":")
    if not colon:
        raise ModelError(
            f"no speech recogniser is called {spec.kind!r}: use {', '.join(RECOGNISERS)}, "
            "or module:Class for your own"
        )
    return cast("Transcriber | Voiceprinter", getattr(import_module(module), name)(**spec.options))
