"""What a stream may be told before it starts."""

from dataclasses import dataclass, field
from typing import Any

from sentivox.errors import ProtocolError
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.language import primary_tag
from sentivox.protocol.option_values import check, options
from sentivox.protocol.options import ChineseScript, LiveOptions
from sentivox.speech.endpointing import EndpointConfig

MODALITIES = frozenset(options(LiveOptions)["modalities"].choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """Settings of one stream.

    Attributes:
        language: BCP-47 tag of the speech, of which the primary one is kept ("en" of "en-US"); or
            None or "auto" to let the recogniser detect it in the first clear utterance of each
            channel, and keep to it while it understands what is said.
        modalities: Which opinions to form: "text" (words), "audio" (tone), or both. Leaving
            "audio" out switches tone inference off altogether.
        endpoint: When utterances begin and end.
        tone_hop_s: Seconds of speech between two tone results.
        tone_window_s: Longest stretch of speech that one tone result looks at, in seconds.
        speculate: Start to transcribe in the first pause, before the endpoint is certain.
        speakers: Tell speakers apart by their voices, where the engine has a model for it.
        calibration: How the two opinions are fused.
        min_confidence: A fused label less likely than this is called unknown; 0 never does.
        baseline: Hear the tone of each utterance against those of its channel before it; else
            alone.
        chinese_script: How Chinese is written: "simplified", "traditional", or "original", as
            the recogniser has it, which may be both.
        words: Tell when each word was said, where the recogniser can.
        interim: Tell the words so far at a pause that may not be the end, where `speculate` finds
            them out.
    """

    language: str | None = "en"
    modalities: frozenset[str] = MODALITIES
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    tone_hop_s: float = 0.5
    tone_window_s: float = 3.0
    speculate: bool = True
    speakers: bool = False
    calibration: Calibration = field(default_factory=Calibration)
    min_confidence: float = 0.0
    baseline: bool = True
    chinese_script: ChineseScript = "simplified"
    words: bool = False
    interim: bool = False

    def __post_init__(self) -> None:
        """Keep the language's primary tag; refuse settings that could never give an utterance."""
        object.__setattr__(self, "language", primary_tag(self.language))  # frozen, but just made
        unknown = sorted(self.modalities - MODALITIES)
        if unknown or not self.modalities:
            named = ", ".join(unknown) or "none"
            msg = f"modalities must be text, audio or both, not {named}"
            raise ProtocolError(msg)
        check(LiveOptions, **self.asked())
        if self.tone_hop_s <= 0 or self.tone_window_s < self.tone_hop_s:
            msg = "tone_hop_s must be above 0 and no longer than tone_window_s"
            raise ProtocolError(msg)
        if self.tone_window_s > self.endpoint.hard_cut_s:
            msg = "tone_window_s must not be longer than the hard cut"
            raise ProtocolError(msg)

    def asked(self) -> dict[str, Any]:
        """What a client may ask for, as `LiveOptions` has it."""
        named = {name: getattr(self, name) for name in options(LiveOptions)}
        return named | {"modalities": sorted(self.modalities)}
