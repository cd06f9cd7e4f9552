"""What may be asked of an analysis: every option once, with its default, bounds and description.

The query of a stream, `Configure`, the options of `POST /v1/analyze`, AsyncAPI, OpenAPI, the flags
of the command line, `Begin.config` and the tables of the documents are derived from these classes.
Signatures in Python and JavaScript are written out; a test holds them against these classes.

Lists of choices are published but not enforced when a message is decoded, so that a client still
understands a later server that knows more of them; `option_values.check` enforces them.
"""

from collections.abc import Collection
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from sentivox.protocol.language import PATTERN

ChineseScript = Literal["simplified", "traditional", "original"]
"""How Chinese is to be written; "original" is as it comes from the recogniser."""

CHINESE_SCRIPTS: Final[tuple[ChineseScript, ...]] = get_args(ChineseScript)
MODALITIES: Final = ("text", "audio")
ENCODINGS: Final = ("linear16", "linear32f", "mulaw", "alaw")
MIN_RATE: Final = 8_000
MAX_RATE: Final = 48_000

CONFIGURED_S: Final = 30.0
"""Longest duration that a client may set: utterances are held in memory whole."""


def _choice(choices: tuple[object, ...], description: str) -> Meta:
    return Meta(description=description, extra_json_schema={"enum": list(choices)})


class AnalysisOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of every analysis, of recordings and of live audio."""

    language: (
        Annotated[
            str,
            Meta(
                pattern=f"^({PATTERN})$",
                description="Language of the speech: a BCP-47 tag such as en or zh-CN; region and"
                " script make no difference. auto detects it.",
                examples=["en", "zh-CN", "auto"],
                extra={"values": "a BCP-47 tag, or `auto`",
                       "otherwise": "is not a tag such as en, zh-CN or auto"},
            ),
        ]
        | None
    ) = "en"  # fmt: skip
    modalities: Annotated[
        Collection[Annotated[str, Meta(extra_json_schema={"enum": list(MODALITIES)})]],
        Meta(
            min_length=1,
            description="What to analyse: text (words), audio (tone) or both. Without audio no tone"
            " is inferred at all.",
            extra={"values": "`text`, `audio`, `text,audio`"},
        ),
    ] = MODALITIES
    min_confidence: Annotated[
        float,
        Meta(
            ge=0, le=1,
            description="Call a fused label unknown that is less likely than this.",
            examples=[0.6],
        ),
    ] = 0.0  # fmt: skip
    baseline: Annotated[
        bool,
        Meta(
            description="Hear the tone of each utterance against what has been usual for its"
            " channel so far; otherwise by itself."
        ),
    ] = True
    chinese_script: Annotated[
        str,
        _choice(CHINESE_SCRIPTS, "How Chinese is written; original is as the recogniser has it."),
    ] = "simplified"
    words: Annotated[
        bool, Meta(description="Tell when each word was said, where the recogniser can.")
    ] = False


class LiveOptions(AnalysisOptions, frozen=True, kw_only=True):
    """Options of the analysis of live audio."""

    interim: Annotated[
        bool, Meta(description="Tell the words so far of an utterance at its pauses.")
    ] = False


class StreamOptions(LiveOptions, frozen=True):
    """Options of a stream: of its audio, and of the analysis."""

    sample_rate: Annotated[
        int,
        Meta(
            ge=MIN_RATE, le=MAX_RATE,
            description="Samples a second, in Hz.",
            examples=[8_000, 16_000],
        ),
    ] = 16_000  # fmt: skip
    encoding: Annotated[
        str, _choice(ENCODINGS, "What a sample is; linear16 and linear32f are little-endian.")
    ] = "linear16"
    channels: Annotated[
        int, _choice((1, 2), "Two are interleaved: two speakers, each with a channel of their own.")
    ] = 1


class StreamQuery(StreamOptions, frozen=True, kw_only=True):
    """What the query of a stream's address may hold."""

    token: (
        Annotated[
            str, Meta(description="A ticket of POST /v1/ticket, where the server needs a token.")
        ]
        | None
    ) = None
    session_id: (
        Annotated[str, Meta(description="A session that was cut, to go on with it.")] | None
    ) = None
    last_seq: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=999_999_999,
                description="With session_id: seq of the last message received.",
            ),
        ]
        | None
    ) = None


class RecordingOptions(AnalysisOptions, frozen=True, kw_only=True):
    """What a request for the analysis of a recording may ask for."""

    channels: Annotated[
        str, _choice(("split", "mix"), "Keep two channels apart, a speaker each, or mix them.")
    ] = "split"
    track: Annotated[
        str,
        Meta(
            pattern="^(all|[1-9][0-9]{0,3})$",
            description="Audio track, counted from 1; all makes two tracks two channels. By default"
            " the best.",
            examples=["2", "all"],
            extra={"values": "a number from 1, or `all`",
                   "otherwise": "is neither a number from 1 nor all"},
        ),
    ] | None = None  # fmt: skip
    filename: Annotated[
        str,
        Meta(
            min_length=1, max_length=255,
            description="What the answer calls the recording; by default the file's name in the"
            " form.",
        ),
    ] | None = None  # fmt: skip


_Probability = Annotated[float, Meta(gt=0, le=1)]
_Seconds = Annotated[float, Meta(ge=0, le=CONFIGURED_S)]
_SomeSeconds = Annotated[float, Meta(gt=0, le=CONFIGURED_S)]


class Endpointing(msgspec.Struct, frozen=True, kw_only=True):
    """When speech counts as begun, paused and ended: probabilities, and durations in seconds."""

    threshold: Annotated[
        _Probability,
        Meta(description="Probability that makes a silent window the start of speech."),
    ] = 0.5
    release: Annotated[
        _Probability,
        Meta(description="Probability that keeps speech alive once begun; not above threshold."),
    ] = 0.35
    trigger_s: Annotated[
        _Seconds, Meta(description="Unbroken speech over threshold that opens an utterance.")
    ] = 0.096
    silence_s: Annotated[
        _SomeSeconds, Meta(description="Unbroken silence under release that closes it.")
    ] = 0.5
    pause_s: Annotated[
        _Seconds,
        Meta(
            description="Unbroken silence after which its words may be sought ahead of time; not if"
            " it is silence_s or more."
        ),
    ] = 0.2  # fmt: skip
    pre_roll_s: Annotated[
        _Seconds, Meta(description="Audio before the onset that belongs to the utterance.")
    ] = 0.3
    post_pad_s: Annotated[
        _Seconds, Meta(description="Audio after the end that belongs to the utterance.")
    ] = 0.2
    min_speech_s: Annotated[
        _Seconds, Meta(description="Utterances with less speech than this are discarded.")
    ] = 0.25
    soft_cut_s: Annotated[
        _Seconds, Meta(description="Length from which an utterance is cut at a pause.")
    ] = 12.0
    hard_cut_s: Annotated[
        _Seconds, Meta(description="Length at which it is cut wherever it stands.")
    ] = 20.0
    min_pause_s: Annotated[
        _SomeSeconds, Meta(description="Shortest silence that counts as a pause for the soft cut.")
    ] = 0.1
