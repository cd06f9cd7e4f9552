"""Choose which of a recording's audio tracks are decoded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from sentivox.errors import AudioError

_ALIKE: Final = 0.05
"""Largest difference between the lengths of two sides of one conversation, as a share."""

TrackRequest = int | Literal["all"] | None
"""The number of a track, counted from 1; "all"; or None for the best one."""


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """The tracks that are decoded.

    Attributes:
        indexes: Index of one stream, or of two that become one channel each.
        note: What was left out and how to select it, or None.
    """

    indexes: tuple[int, ...]
    note: str | None = None


def audio_streams(container: InputContainer) -> list[AudioStream]:
    """List all audio tracks, in the order in which `--track N` counts them."""
    return [s for s in container.streams if isinstance(s, AudioStream)]


def can_decode(stream: AudioStream) -> bool:
    """Whether this FFmpeg has a decoder for the stream."""
    return cast("object", stream.codec_context) is not None  # None for unknown codecs


def check_tracks(path: Path, tracks: Sequence[AudioStream], wanted: TrackRequest) -> None:
    """Check that the tracks asked for exist and can be decoded.

    Raises:
        AudioError: there is no audio or no such track, nothing can be decoded, or "all" would be
            more than two tracks.
    """
    known = [can_decode(track) for track in tracks]
    if not tracks:
        raise AudioError(f"{path} has no audio in it.")
    if not (wanted is None or wanted == "all" or type(wanted) is int):
        raise AudioError(f'there is no track {wanted!r}: use 1, 2 … or "all".')
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(tracks):
            count = "one audio track" if len(tracks) == 1 else f"{len(tracks)} audio tracks"
            raise AudioError(f"{path} has {count}: there is no track {wanted}.")
        if not known[wanted - 1]:
            raise AudioError(f"{path} has track {wanted} in an unknown codec: choose another.")
    if not any(known):
        raise AudioError(f"{path} holds audio in an unknown codec: save it as WAV or FLAC.")
    if wanted == "all" and sum(known) > 2:
        raise AudioError(
            f"{path} has {len(tracks)} audio tracks, and at most two can be analysed: choose one."
        )


def choose_tracks(
    container: InputContainer, wanted: TrackRequest, has_sound: Callable[[AudioStream], bool]
) -> TrackChoice:
    """Choose the tracks to decode in a file that has passed `check_tracks`.

    Two mono tracks of similar length are two speakers. Otherwise the track that players choose is
    taken, unless it is silent and another is not.

    Args:
        container: The open file.
        wanted: The track that the user asked for.
        has_sound: Decodes a track until it finds sound; called only where there is a choice.
    """
    tracks = audio_streams(container)
    known = [track for track in tracks if can_decode(track)]
    if isinstance(wanted, int):
        chosen = [tracks[wanted - 1]]
        return TrackChoice((chosen[0].index,))
    if wanted == "all" or len(known) == 1:
        chosen = known
    else:
        best = container.streams.best("audio")
        first = best if isinstance(best, AudioStream) and best in known else known[0]
        if _are_sides(container, known) and all(map(has_sound, known)):
            chosen = known
        else:
            others = [track for track in known if track is not first]
            order = [first, *others]
            chosen = [next(filter(has_sound, order), first)]
    return TrackChoice(tuple(track.index for track in chosen), _left_out(tracks, chosen))


def _are_sides(container: InputContainer, tracks: Sequence[AudioStream]) -> bool:
    """Whether the tracks are two mono ones of similar length."""
    if len(tracks) != 2 or any(track.codec_context.channels != 1 for track in tracks):
        return False
    lengths = [length_s(container, track) for track in tracks]
    known = [length for length in lengths if length is not None]
    return len(known) < 2 or max(known) - min(known) <= max(1.0, _ALIKE * max(known))


def length_s(container: InputContainer, stream: AudioStream) -> float | None:
    """When a stream ends, in seconds, as declared by it or by a file without others; or None."""
    if stream.duration and stream.time_base:
        late = float((stream.start_time or 0) * stream.time_base) - start_s(container)
        return max(0.0, late) + float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def start_s(container: InputContainer) -> float:
    """When the earliest track begins, in seconds on the container's clock."""
    return (container.start_time or 0) / av.time_base


def _left_out(tracks: Sequence[AudioStream], chosen: Sequence[AudioStream]) -> str | None:
    """Tell the user which tracks were left out, or that two became channels; else None."""
    heard = [n for n, track in enumerate(tracks, 1) if track in chosen]
    unknown = [n for n, track in enumerate(tracks, 1) if not can_decode(track)]
    left = [n for n in range(1, len(tracks) + 1) if n not in (*heard, *unknown)]
    said: list[str] = []
    if left:
        said.append(
            f"track {_listed(heard)} of {len(tracks)} was analysed and {_listed(left)} left out;"
            " use --track N or --track all for others"
        )
    if unknown:
        said.append(f"track {_listed(unknown)} was left out: its codec is unknown")
    if not said and len(heard) > 1:
        return "its two tracks were taken for two speakers, one channel each"
    return "; ".join(said) or None


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers)) if len(numbers) < 3 else ", ".join(map(str, numbers))
