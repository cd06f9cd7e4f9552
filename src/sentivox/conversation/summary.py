"""Summary of a conversation, computed from its utterances. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from sentivox.conversation.headline import Ending, headline
from sentivox.conversation.interruptions import interruptions
from sentivox.conversation.moments import extreme_weight
from sentivox.conversation.mood import curve, scored
from sentivox.conversation.shift import start_and_end, thirds
from sentivox.conversation.spoken_words import questions, words_per_minute
from sentivox.conversation.trend import trend
from sentivox.conversation.turn_taking import TurnTaking, turn_taking
from sentivox.conversation.turning_points import turning_points
from sentivox.protocol.degraded import words_lost
from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.summary import (
    ChannelSummary,
    Interruption,
    Moment,
    MoodPoint,
    TimelinePoint,
    TurningPoint,
)
from sentivox.types import SENTIMENTS
from sentivox.wording.channels import channel_label

P = TypeVar("P", MoodPoint, TurningPoint, Interruption)


@dataclass(frozen=True, slots=True)
class Whole:
    """What the figures of a channel need to know of the whole conversation.

    Attributes:
        turns: How turns are taken in it.
        thirds: Where its first third ends and its last begins, in seconds.
        talk: Seconds of talk in all channels.
    """

    turns: TurnTaking
    thirds: tuple[float, float]
    talk: float


def summary(
    utterances: Sequence[Utterance],
    channels: Sequence[int],
    position: float,
    latest: int | None = None,
    *,
    names: Sequence[str] = (),
    roles: Sequence[str] = (),
    ending: Ending = "over",
) -> Summary:
    """Summarise the conversation so far.

    Args:
        utterances: The latest revision of each utterance, ordered by start time.
        channels: The numbers of all channels, in order.
        position: Seconds of audio taken so far.
        latest: Limit the lists to the last so many utterances; None for all. The figures always
            cover all utterances.
        names: The name of each channel; empty if they have none.
        roles: The role of each channel; empty if they are not known.
        ending: How far the conversation has come, for the headline.

    Returns:
        The Summary event, not stamped yet.
    """
    own = {c: [u for u in utterances if u.channel == c] for c in channels}
    moods = {c: curve(own[c], c) for c in channels}
    mood = curve(utterances, None)
    told = {c: by_speaker(own[c]) for c in channels}
    found = interruptions(utterances)
    whole = Whole(turn_taking(utterances, told), thirds(utterances), _talk(utterances))
    shown = utterances if latest is None else utterances[-latest:]
    since = shown[0].start if shown else 0.0
    turned = sorted(
        (p for c in channels for p in _turning_points(own[c], told[c])),
        key=lambda p: (p.t, p.channel),
    )
    all_told = Summary(
        t=position,
        duration=position,
        overall=summarise(utterances, None, mood, whole, interruptions=len(found)),
        channels=[
            summarise(
                own[c],
                c,
                moods[c],
                whole,
                interruptions=sum(i.by == c for i in found),
                name=channel_label(c, names, roles),
                role=roles[c] if roles else None,
            )
            for c in channels
        ],
        timeline=timeline(shown),
        mood=_since(since, (p for points in (*moods.values(), mood) for p in points)),
        turning_points=_since(since, turned),
        interruptions=_since(since, found),
        words_missing=sum(words_lost(u.degraded) for u in utterances),
        speakers=[
            summarise(said, c, curve(said, c), whole, interruptions=0, speaker=speaker)
            for c in channels
            for speaker, said in told[c].items()
        ],
        silence_seconds=whole.turns.silence_seconds,
        silence_ratio=whole.turns.silence_ratio,
        longest_silence=whole.turns.longest_silence,
    )
    return replace(all_told, headline=headline(all_told, turned, utterances, ending))


def by_speaker(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """The utterances of each speaker of one channel, in the order in which they first spoke.

    Empty unless there are several.
    """
    found: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if utterance.speaker is not None:
            found.setdefault(utterance.speaker, []).append(utterance)
    return found if len(found) > 1 else {}


def _turning_points(
    utterances: Sequence[Utterance], told: Mapping[str, Sequence[Utterance]]
) -> list[TurningPoint]:
    """The turning points of a channel: of each speaker, where several are told apart."""
    if not told:
        return turning_points(utterances)
    return [replace(p, speaker=name) for name, said in told.items() for p in turning_points(said)]


def _since(since: float, points: Iterable[P]) -> list[P]:
    """The points at or after the time `since`, in seconds, in order of time."""
    return sorted((p for p in points if p.t >= since), key=lambda p: p.t)


def timeline(utterances: Iterable[Utterance]) -> list[TimelinePoint]:
    """One point for each utterance, ordered by start time."""
    return [
        TimelinePoint(
            channel=u.channel,
            utterance_id=u.utterance_id,
            start=u.start,
            end=u.end,
            score=u.fused_score,
            label=None if u.fused is None else u.fused.label,
        )
        for u in sorted(utterances, key=lambda u: (u.start, u.channel))
    ]


def summarise(
    utterances: Sequence[Utterance],
    channel: int | None,
    mood: Sequence[MoodPoint],
    whole: Whole,
    *,
    interruptions: int,
    name: str | None = None,
    role: str | None = None,
    speaker: str | None = None,
) -> ChannelSummary:
    """Figures for the utterances of one channel, of a speaker of it, or of all.

    Args:
        utterances: The latest revision of each utterance.
        channel: The channel, or None for all.
        mood: Mood curve of these utterances.
        whole: The conversation that they are part of.
        interruptions: Number of interruptions made.
        name: Name of the channel for people; None for all channels together.
        role: Role of the channel, if it is known.
        speaker: The speaker, if these are the utterances of one of several in the channel.
    """
    pairs = scored(utterances)
    slope, error = trend(pairs)
    start, end, shift = start_and_end(pairs, whole.thirds)
    talk = _talk(utterances)
    counts = {label: sum(u.fused is not None and u.fused.label == label for u in utterances)
              for label in SENTIMENTS}  # fmt: skip
    lowest = min(pairs, key=lambda pair: pair[1], default=None)
    highest = max(pairs, key=lambda pair: pair[1], default=None)
    return ChannelSummary(
        channel=channel,
        utterances=len(utterances),
        counts=counts | {"unclear": len(utterances) - sum(counts.values())},
        talk_seconds=round(talk, 3),
        mean_score=_mean(pairs),
        trend=slope,
        trend_error=error,
        # A lowest score above zero is not a negative moment, and a highest below zero not positive.
        most_negative=None if lowest is None or lowest[1] >= 0 else _moment(*lowest),
        most_positive=None if highest is None or highest[1] <= 0 else _moment(*highest),
        mood=mood[-1].value if mood else None,
        talk_ratio=round(talk / whole.talk, 4) if whole.talk and channel is not None else None,
        interruptions=interruptions,
        name=name,
        role=role,
        speaker=speaker,
        longest_monologue=whole.turns.longest_monologue(channel, speaker),
        patience=whole.turns.patience(channel, speaker),
        questions=questions(utterances),
        words_per_minute=words_per_minute(utterances),
        start_score=start,
        end_score=end,
        score_shift=shift,
    )


def _talk(utterances: Iterable[Utterance]) -> float:
    return sum(_seconds(u) for u in utterances)


def _seconds(utterance: Utterance) -> float:
    return utterance.end - utterance.start


def _mean(pairs: Sequence[tuple[Utterance, float]]) -> float | None:
    weight = sum(_seconds(u) for u, _ in pairs)
    if weight <= 0:
        return None
    return round(sum(score * _seconds(u) for u, score in pairs) / weight, 4)


def _moment(utterance: Utterance, score: float) -> Moment:
    return Moment(
        channel=utterance.channel,
        utterance_id=utterance.utterance_id,
        start=utterance.start,
        score=score,
        transcript=utterance.transcript,
        weight=extreme_weight(score, utterance),
    )
