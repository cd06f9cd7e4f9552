"""Words that a batch of recordings lost, as the recogniser failed on them."""

from dataclasses import dataclass
from typing import Final

IN_VAIN: Final = 2
"""So many recordings in a row that a broken recogniser left without words, and it is no use to go
on. One may be to blame itself: something in it that kills every worker."""


@dataclass(slots=True)
class LostWords:
    """How many utterances of how many recordings."""

    utterances: int = 0
    recordings: int = 0
    in_vain: int = 0

    def note(self, missing: int, *, broken: bool) -> None:
        """A recording is done.

        Args:
            missing: Its utterances that lost their words.
            broken: As it ended, no worker was fit for the next.
        """
        self.utterances += missing
        self.recordings += missing > 0
        if missing and broken:
            self.in_vain += 1
        elif not broken:
            self.in_vain = 0

    @property
    def hopeless(self) -> bool:
        """The recogniser is broken, and not by one recording."""
        return self.in_vain >= IN_VAIN

    def line(self, *, resumable: bool) -> str:
        """What to say at the end, and what to do."""
        who = "1 utterance" if self.utterances == 1 else f"{self.utterances} utterances"
        verb = "lacks its" if self.utterances == 1 else "lack their"
        where = "1 recording" if self.recordings == 1 else f"{self.recordings} recordings"
        which = "it" if self.recordings == 1 else "them"
        how = "the same command with --resume hears" if resumable else "another run may hear"
        return (
            f"{who} in {where} {verb} words, as the speech recogniser failed; {how} {which} again"
        )
