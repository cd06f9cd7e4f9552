"""Counts the utterances that lost their transcripts because the recogniser failed."""

from dataclasses import dataclass
from typing import Final

IN_VAIN: Final = 2
"""Consecutive recordings with lost words and a broken recogniser after which to give up.

A single one does not suffice, because something in that recording may crash every worker.
"""


@dataclass(slots=True)
class LostWords:
    """Counts of lost transcripts.

    Attributes:
        utterances: Utterances without a transcript because the recogniser failed.
        recordings: Recordings that have such utterances.
        in_vain: Latest consecutive recordings with such utterances and a broken recogniser.
    """

    utterances: int = 0
    recordings: int = 0
    in_vain: int = 0

    def note(self, missing: int, *, broken: bool) -> None:
        """Count a recording that is done.

        Args:
            missing: Number of its utterances that lost their transcripts.
            broken: Whether the recogniser had no working process left at its end.
        """
        self.utterances += missing
        self.recordings += missing > 0
        if missing and broken:
            self.in_vain += 1
        elif not broken:
            self.in_vain = 0

    @property
    def hopeless(self) -> bool:
        """Whether the recogniser is broken, and not by a single recording."""
        return self.in_vain >= IN_VAIN

    def line(self, *, resumable: bool) -> str:
        """The message for the end of the run, which says what to do.

        Args:
            resumable: Whether `--resume` can be used.
        """
        who = "1 utterance" if self.utterances == 1 else f"{self.utterances} utterances"
        verb = "lacks its" if self.utterances == 1 else "lack their"
        where = "1 recording" if self.recordings == 1 else f"{self.recordings} recordings"
        which = "it" if self.recordings == 1 else "them"
        how = "the same command with --resume analyses" if resumable else "another run may analyse"
        return (
            f"{who} in {where} {verb} words, as the speech recogniser failed; {how} {which} again"
        )
