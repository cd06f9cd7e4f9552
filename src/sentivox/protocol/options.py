"""The options of an analysis: the single definition of defaults, bounds and descriptions.

The query of a stream, `Configure`, the options of `POST /v1/analyze`, AsyncAPI, OpenAPI, the flags
of the command line, `Begin.config` and the tables in the documentation are derived from these
classes. Signatures in Python and JavaScript are written by hand, and a test compares them with
these classes.

Lists of choices are published but not enforced on decoding, so that a client still understands a
later server that has more of them. `option_values.check` enforces them.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.protocol.language import PATTERN

ChineseScript = Literal["simplified", "traditional", "original"]
"""Script of Chinese transcripts; "original" leaves them as the recogniser wrote them."""

CHINESE_SCRIPTS: Final[tuple[ChineseScript, ...]] = get_args(ChineseScript)

Role = Literal["agent", "customer", "other"]
"""Who speaks on a channel, for programs; "other" is anybody else, or not known."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)
MAX_CHANNELS: Final = 2
MAX_NAME: Final = 40
"""Most characters of a channel's name."""

MAX_TAGS: Final = 16
MAX_TAG: Final = 100
"""Most characters of a tag."""

MODALITIES: Final = ("text", "audio")
ENCODINGS: Final = ("linear16", "linear32f", "mulaw", "alaw")

SEVERAL: Final = {
    "modalities": '["text", "audio"]',
    "channel_names": '["Agent", "Customer"]',
    "roles": '["agent", "customer"]',
    "tags": '["team:sales"]',
}
"""The options that take several strings, each with an example in Python."""

MIN_RATE: Final = 8_000  # Hz
MAX_RATE: Final = 48_000  # Hz

CONFIGURED_S: Final = 30.0
"""Longest duration, in seconds, that a client may set: whole utterances are held in memory."""


UNSHOWN: Final = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Control characters, line ends, and marks that turn the direction of text."""

TAG_PATTERN: Final = f"^[^,{UNSHOWN}]{{1,{MAX_TAG}}}$"


def _choice(choices: tuple[object, ...], description: str) -> Meta:
    return Meta(description=description, extra_json_schema={"enum": list(choices)})


class AnalysisOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options common to the analysis of recordings and of live audio."""

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
            extra={"values": "`text`, `audio`, `text,audio`",
                   "otherwise": "takes text, audio or text,audio"},
        ),
    ] = MODALITIES  # fmt: skip
    min_confidence: Annotated[
        float,
        Meta(
            ge=0, le=1,
            description="Labels less probable than this become unclear.",
            examples=[0.6],
        ),
    ] = MIN_CONFIDENCE  # fmt: skip
    baseline: Annotated[
        bool,
        Meta(
            description="Score the tone of each utterance relative to what has been usual for its"
            " channel so far; otherwise on its own."
        ),
    ] = True
    chinese_script: Annotated[
        str,
        _choice(
            CHINESE_SCRIPTS,
            "Script of Chinese transcripts; original leaves them as the recogniser wrote them.",
        ),
    ] = "simplified"
    words: Annotated[
        bool,
        Meta(description="Report when each word was said, if the recogniser supports it."),
    ] = False
    channel_names: Annotated[
        Sequence[
            Annotated[
                str,
                Meta(
                    extra_json_schema={
                        "minLength": 1, "maxLength": MAX_NAME, "pattern": f"^[^,{UNSHOWN}]+$",
                    }
                ),
            ]
        ],
        Meta(
            description="Names of the channels for people, one for each, such as Agent,Customer. By"
            " default those of roles, or else channel 1 and channel 2.",
            extra_json_schema={"maxItems": MAX_CHANNELS, "uniqueItems": True},
            extra={"values": f"a name of up to {MAX_NAME} characters for each channel",
                   "otherwise": "takes a name for each channel, such as Agent,Customer, without"
                   " control characters or other commas"},
        ),
    ] = ()  # fmt: skip
    roles: Annotated[
        Sequence[Annotated[str, Meta(extra_json_schema={"enum": list(ROLES)})]],
        Meta(
            description="Who speaks on each channel, for programs: agent, customer or other. The"
            " first two are also the channels' names, where channel_names gives none.",
            extra_json_schema={"maxItems": MAX_CHANNELS},
            extra={"values": "`agent`, `customer` or `other` for each channel",
                   "otherwise": "takes agent, customer or other for each channel, such as"
                   " agent,customer"},
        ),
    ] = ()  # fmt: skip
    tags: Annotated[
        Sequence[
            Annotated[
                str,
                Meta(
                    extra_json_schema={
                        "minLength": 1, "maxLength": MAX_TAG, "pattern": TAG_PATTERN,
                    }
                ),
            ]
        ],
        Meta(
            description="Tags under which the conversation is found again where conversations are"
            " stored, such as team:sales.",
            extra_json_schema={"maxItems": MAX_TAGS, "uniqueItems": True},
            extra={"values": f"up to {MAX_TAGS} tags of up to {MAX_TAG} characters",
                   "otherwise": f"takes up to {MAX_TAGS} different tags, such as team:sales, of up"
                   f" to {MAX_TAG} characters each, without control characters or commas"},
        ),
    ] = ()  # fmt: skip


class LiveOptions(AnalysisOptions, frozen=True, kw_only=True):
    """Options of the analysis of live audio."""

    interim: Annotated[
        bool, Meta(description="Report the words so far at pauses within an utterance.")
    ] = False
    live_voice: Annotated[
        bool,
        Meta(
            description="Report live tone once a second by the more accurate model of whole"
            " utterances, where the machine has room for it."
        ),
    ] = False


class StreamOptions(LiveOptions, frozen=True):
    """Options of a stream: the format of its audio, and its analysis."""

    sample_rate: Annotated[
        int,
        Meta(
            ge=MIN_RATE, le=MAX_RATE,
            description="Sample rate in Hz.",
            examples=[8_000, 16_000],
        ),
    ] = 16_000  # fmt: skip
    encoding: Annotated[
        str, _choice(ENCODINGS, "Sample format; linear16 and linear32f are little-endian.")
    ] = "linear16"
    channels: Annotated[
        int, _choice((1, 2), "Number of channels. Two are interleaved, with one speaker on each.")
    ] = 1


class StreamQuery(StreamOptions, frozen=True, kw_only=True):
    """Parameters in the query of a stream's address."""

    token: (
        Annotated[
            str, Meta(description="A ticket from POST /v1/ticket, if the server requires a token.")
        ]
        | None
    ) = None
    session_id: (
        Annotated[str, Meta(description="Id of an interrupted session to resume.")] | None
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
    """Options of a request to analyse a recording."""

    channels: Annotated[
        str, _choice(("split", "mix"), "Keep two channels apart, one speaker each, or mix them.")
    ] = "split"
    track: Annotated[
        str,
        Meta(
            pattern="^(all|[1-9][0-9]{0,3})$",
            description="Audio track, counted from 1; all turns two tracks into two channels. By"
            " default the best track.",
            examples=["2", "all"],
            extra={"values": "a number from 1, or `all`",
                   "otherwise": "is neither a number from 1 nor all"},
        ),
    ] | None = None  # fmt: skip
    speakers: Annotated[
        bool,
        Meta(
            description="Tell the voices in a recording of one channel apart: S1, S2 … By default"
            " where there are several; true names a single one too."
        ),
    ] | None = None  # fmt: skip
    filename: Annotated[
        str,
        Meta(
            min_length=1, max_length=255,
            description="Name of the recording in the answer; by default the file's name in the"
            " form.",
        ),
    ] | None = None  # fmt: skip


_Probability = Annotated[float, Meta(gt=0, le=1)]
_Seconds = Annotated[float, Meta(ge=0, le=CONFIGURED_S)]
_SomeSeconds = Annotated[float, Meta(gt=0, le=CONFIGURED_S)]


class Endpointing(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds for the begin, pauses and end of utterances: probabilities, and seconds."""

    threshold: Annotated[
        _Probability,
        Meta(description="Speech probability from which a window can start an utterance."),
    ] = 0.5
    release: Annotated[
        _Probability,
        Meta(description="Probability that keeps speech going once begun; not above threshold."),
    ] = 0.35
    trigger_s: Annotated[
        _Seconds, Meta(description="Unbroken speech over threshold that opens an utterance.")
    ] = 0.096
    silence_s: Annotated[
        _SomeSeconds, Meta(description="Unbroken silence under release that ends an utterance.")
    ] = 0.5
    pause_s: Annotated[
        _Seconds,
        Meta(
            description="Unbroken silence after which transcription may start ahead of the end;"
            " never if it is silence_s or more."
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
        _Seconds, Meta(description="Length at which an utterance is cut in any case.")
    ] = 20.0
    min_pause_s: Annotated[
        _SomeSeconds, Meta(description="Shortest silence that counts as a pause for the soft cut.")
    ] = 0.1
