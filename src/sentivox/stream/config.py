"""The settings of a stream, fixed before its first audio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sentivox.conversation.alerts.rules import Rule
from sentivox.conversation.escalation import Escalation
from sentivox.errors import ProtocolError
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.protocol.language import primary_tag
from sentivox.protocol.option_values import check_options, options
from sentivox.protocol.options import ChineseScript, LiveOptions
from sentivox.speech.endpointing import EndpointConfig

MODALITIES = frozenset(options(LiveOptions)["modalities"].choices)  # "text", "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """Settings of one stream.

    Attributes:
        language: BCP-47 tag of the speech, reduced to its primary tag ("en" for "en-US"). None or
            "auto" lets the recogniser detect it in the first clear utterance of each channel; the
            channel then keeps that language for as long as its words are understood.
        modalities: What to analyse: "text" (words), "audio" (tone), or both. Without "audio", no
            tone inference runs at all.
        endpoint: When utterances begin and end.
        tone_hop_s: Seconds of speech between two tone results.
        tone_window_s: Longest stretch of speech that one tone result covers, in seconds.
        speculate: Start transcribing at a pause, before the endpoint is certain.
        speakers: Tell speakers apart by their voices, if the engine has a speaker model.
        calibration: How the modalities' opinions are fused.
        min_confidence: Labels with a probability below this, 0…1, become "unclear"; with 0 none
            do, except of tone whose utterance has only just begun.
        baseline: Score the tone of each utterance relative to the earlier ones of its channel;
            otherwise on its own.
        chinese_script: Script of Chinese transcripts: "simplified", "traditional", or "original",
            which is the recogniser's own and may mix the two.
        words: Report when each word was said, if the recogniser supports it.
        interim: Report the words so far at a pause within an utterance. Needs `speculate`.
        live_voice: Report live tone once a second by the model that scores whole utterances, where
            the machine has room for it, instead of by windows.
        channel_names: Names of the channels for people, one for each; by default those of `roles`,
            or else "channel 1" and "channel 2".
        roles: Who speaks on each channel: "agent", "customer" or "other"; by default not known.
        tags: What the conversation is found again by, where conversations are stored.
        alerts: Rules that are evaluated over the whole session.
        escalation: Weights that tell how probable it is that the conversation escalates.

    Raises:
        ProtocolError: A value is out of range, or no utterance could come of the combination.
    """

    language: str | None = "en"
    modalities: frozenset[str] = MODALITIES
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    tone_hop_s: float = 0.5
    tone_window_s: float = 3.0
    speculate: bool = True
    speakers: bool = False
    calibration: Calibration = field(default_factory=Calibration)
    min_confidence: float = MIN_CONFIDENCE
    baseline: bool = True
    chinese_script: ChineseScript = "simplified"
    words: bool = False
    interim: bool = False
    live_voice: bool = False
    channel_names: Sequence[str] = ()
    roles: Sequence[str] = ()
    tags: Sequence[str] = ()
    alerts: Sequence[Rule] = ()
    escalation: Escalation | None = None

    def __post_init__(self) -> None:
        """Reduce the language to its primary tag, and check all values."""
        object.__setattr__(self, "language", primary_tag(self.language))  # the class is frozen
        unknown = sorted(self.modalities - MODALITIES)
        if unknown or not self.modalities:
            named = ", ".join(unknown) or "none"
            msg = f"modalities must be text, audio or both, not {named}"
            raise ProtocolError(msg)
        check_options(LiveOptions, **self.asked())
        names = tuple(name.strip() for name in self.channel_names)
        object.__setattr__(self, "channel_names", names)
        object.__setattr__(self, "roles", tuple(self.roles))
        object.__setattr__(self, "tags", tuple(self.tags))
        if self.tone_hop_s <= 0 or self.tone_window_s < self.tone_hop_s:
            msg = "tone_hop_s must be above 0 and no longer than tone_window_s"
            raise ProtocolError(msg)
        if self.tone_window_s > self.endpoint.hard_cut_s:
            msg = "tone_window_s must not be longer than the hard cut"
            raise ProtocolError(msg)

    def asked(self) -> dict[str, Any]:
        """The settings that are client options, by their names in `LiveOptions`."""
        named = {name: getattr(self, name) for name in options(LiveOptions)}
        several = {name: list(named[name]) for name in ("channel_names", "roles", "tags")}
        return named | several | {"modalities": sorted(self.modalities)}
