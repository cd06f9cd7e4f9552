"""Alert rules as they are written: the single definition of keys, defaults and bounds.

A rule is a table of a TOML file, or an object in `Configure.alerts`, with the same keys: those of
`RuleOptions`, and one condition. Its condition is one of `CONDITIONS` by name, or `all`, `any` (a
list of tables with one condition each) or `not` (one such table). `conversation.alerts` reads and
evaluates rules; the JSON Schema of `Configure` and the tables in docs/alerts.md come from here.

Times are seconds on the audio clock, and scores -1…1.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta

from sentivox.protocol.option_schema import partial
from sentivox.protocol.options import MAX_CHANNELS, ROLES, UNSHOWN

Severity = Literal["info", "warning", "critical"]
"""How much an alert matters."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)

MAX_RULES: Final = 100
"""Most rules in a file."""

MAX_SESSION_RULES: Final = 20
"""Most rules that a client may add to its session."""

MAX_CONDITIONS: Final = 20
"""Most conditions in one rule."""

MAX_NAME: Final = 80
"""Most characters of a rule's name."""

MAX_PHRASES: Final = 50
"""Most phrases of one condition."""

MAX_PHRASE: Final = 100
"""Most characters of a phrase."""

EMOTIONS: Final = (
    "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised",
)  # fmt: skip

LONGEST_S: Final = 3600.0
"""Longest window or wait of a condition, in seconds."""

_Score = Annotated[float, Meta(ge=-2, le=2)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Window = Annotated[float, Meta(gt=0, le=LONGEST_S)]


class RuleOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a rule besides its condition."""

    name: Annotated[
        str,
        Meta(
            pattern=f"^[^{UNSHOWN}]{{1,{MAX_NAME}}}$",
            description="Name of the rule, as alerts show it; each rule has its own.",
            extra={"values": f"1 to {MAX_NAME} characters",
                   "otherwise": f"takes 1 to {MAX_NAME} characters on one line"},
        ),
    ]  # fmt: skip
    severity: Annotated[
        str,
        Meta(
            description="How much the alert matters.", extra_json_schema={"enum": list(SEVERITIES)}
        ),
    ] = "warning"
    cooldown_s: Annotated[
        float,
        Meta(
            ge=0, le=86_400,
            description="Least seconds from one alert of this rule to its next. A rule that stays"
            " true gives one alert only, however long.",
        ),
    ] = 60.0  # fmt: skip
    once: Annotated[bool, Meta(description="Give at most one alert in a session.")] = False


class Scoped(msgspec.Struct, frozen=True, kw_only=True):
    """Whose speech a condition is about; everybody's if neither is given."""

    role: Annotated[
        str,
        Meta(
            description="Only channels of this role.",
            extra_json_schema={"enum": list(ROLES)},
        ),
    ] | None = None  # fmt: skip
    channel: Annotated[
        int,
        Meta(
            ge=0, le=MAX_CHANNELS - 1,
            description="Only this channel, counted from 0 as in events.",
        ),
    ] | None = None  # fmt: skip


class MeanScore(Scoped, frozen=True, kw_only=True):
    """A speaker's mean fused score over the latest seconds of speech is too low or too high."""

    window_s: Annotated[
        _Window, Meta(description="Seconds of scored speech, which must have been spoken.")
    ]
    below: Annotated[_Score, Meta(description="True if the mean is below this.")] | None = None
    above: Annotated[_Score, Meta(description="True if the mean is above this.")] | None = None
    relative: Annotated[
        bool,
        Meta(
            description="Compare the difference from the speaker's mean before the window, which"
            " must be of at least as much speech."
        ),
    ] = False  # fmt: skip


class ScoreDrop(Scoped, frozen=True, kw_only=True):
    """A speaker's mean score has fallen since the start."""

    by: Annotated[float, Meta(gt=0, le=2, description="Least fall of the mean score.")]
    window_s: Annotated[
        _Window,
        Meta(description="Seconds of the speaker's first speech, and of the latest, to compare."),
    ]


class Tone(Scoped, frozen=True, kw_only=True):
    """A speaker sounds like this, utterance after utterance."""

    emotion: Annotated[
        str, Meta(description="The emotion.", extra_json_schema={"enum": list(EMOTIONS)})
    ]
    at_least: Annotated[
        float,
        Meta(gt=0, le=1, description="Least probability of the emotion, in each utterance."),
    ]  # fmt: skip
    for_s: Annotated[_Window, Meta(description="Least seconds of such speech in a row.")]


_Phrases = Annotated[
    Sequence[Annotated[str, Meta(extra_json_schema={
        "minLength": 1, "maxLength": MAX_PHRASE, "pattern": rf"^(?=.*\w)[^{UNSHOWN}]+$"})]],
    Meta(
        min_length=1,
        extra_json_schema={"maxItems": MAX_PHRASES},
        extra={"values": f"up to {MAX_PHRASES} words or phrases",
               "otherwise": "takes a list of words or phrases"},
    ),
]  # fmt: skip


class Phrases(Scoped, frozen=True, kw_only=True):
    """Words or phrases are said."""

    any: Annotated[_Phrases, Meta(description="One of these is said.")] | None = None
    all: Annotated[_Phrases, Meta(description="All of these are said.")] | None = None
    exact: (
        Annotated[_Phrases, Meta(description="An utterance is one of these and no more.")] | None
    ) = None
    within_s: Annotated[
        float,
        Meta(
            ge=0, le=LONGEST_S,
            description="Seconds for which what was said stays true, from the end of the"
            " utterance. With 0 `all` needs one utterance.",
        ),
    ] = 0.0  # fmt: skip


class Absence(Scoped, frozen=True, kw_only=True):
    """Words or phrases have not been said by a certain time."""

    by_s: Annotated[
        _Window, Meta(description="Seconds from the start by which an utterance must begin.")
    ]
    any: Annotated[_Phrases, Meta(description="None of these was said.")] | None = None
    all: Annotated[_Phrases, Meta(description="Not all of these were said.")] | None = None


class InterruptionCount(Scoped, frozen=True, kw_only=True):
    """A speaker interrupts others too often."""

    at_least: Annotated[int, Meta(ge=1, le=100, description="Least number of interruptions.")]
    window_s: (
        Annotated[_Window, Meta(description="Within so many seconds; else since the start.")] | None
    ) = None


class Silence(Scoped, frozen=True, kw_only=True):
    """Nobody talks, or a speaker does not."""

    for_s: Annotated[_Window, Meta(description="Seconds of silence.")]


class Monologue(Scoped, frozen=True, kw_only=True):
    """A speaker talks without a pause, and the others say no more than "mm-hm"."""

    for_s: Annotated[_Window, Meta(description="Seconds of talk, with pauses under 2 s.")]


class TalkRatio(Scoped, frozen=True, kw_only=True):
    """A speaker has too much or too little of all talk since the start."""

    below: Annotated[_Share, Meta(description="True if the share is below this.")] | None = None
    above: Annotated[_Share, Meta(description="True if the share is above this.")] | None = None
    min_talk_s: Annotated[
        _Window, Meta(description="Seconds of talk by everybody before which it is not true.")
    ] = 60.0


class DegradedShare(Scoped, frozen=True, kw_only=True):
    """Too many of the latest utterances lack something."""

    above: Annotated[_Share, Meta(description="True if the share is above this.")]
    utterances: Annotated[
        int, Meta(ge=1, le=1000, description="Number of latest utterances, which must be there.")
    ] = 10
    codes: (
        Annotated[
            Sequence[str],
            Meta(
                min_length=1,
                description="Count only these codes in `degraded`, up to a colon; else any.",
                examples=["asr_failed"],
                extra_json_schema={"maxItems": MAX_PHRASES},
                extra={"values": "such as `asr_failed`, `asr_rejected`",
                       "otherwise": "takes a list of codes such as asr_failed"},
            ),
        ]
        | None
    ) = None  # fmt: skip


Condition = (
    MeanScore
    | ScoreDrop
    | Tone
    | Phrases
    | Absence
    | InterruptionCount
    | Silence
    | Monologue
    | TalkRatio
    | DegradedShare
)
"""A condition that is not made of others."""

CONDITIONS: Final[dict[str, type[Condition]]] = {
    "sentiment": MeanScore,
    "drop": ScoreDrop,
    "tone": Tone,
    "phrases": Phrases,
    "absent": Absence,
    "interruptions": InterruptionCount,
    "silence": Silence,
    "monologue": Monologue,
    "talk_ratio": TalkRatio,
    "degraded": DegradedShare,
}
"""The conditions by their key in a rule."""

ONE_OF: Final[dict[type[Condition], tuple[str, ...]]] = {
    MeanScore: ("below", "above"),
    TalkRatio: ("below", "above"),
    Phrases: ("any", "all", "exact"),
    Absence: ("any", "all"),
}
"""Keys of which a condition needs exactly one."""


def rules_schema() -> dict[str, Any]:
    """The JSON Schema keywords of a list of rules, such as `Configure.alerts`."""
    conditions = {name: _table(schema) for name, schema in CONDITIONS.items()}
    listed = {"type": "array", "minItems": 1, "items": {"type": "object"}}
    combined = {"all": listed, "any": listed, "not": {"type": "object"}}
    rule = _table(RuleOptions)
    rule["properties"] |= conditions | combined
    return {"maxItems": MAX_SESSION_RULES, "items": rule}


def _table(schema: type[msgspec.Struct]) -> dict[str, Any]:
    needed = [f.name for f in msgspec.structs.fields(schema) if f.required]
    required = {"required": needed} if needed else {}
    return {"type": "object", "additionalProperties": False} | required | partial(schema)
