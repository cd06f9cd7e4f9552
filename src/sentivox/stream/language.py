"""Which language a channel speaks: told, or found out from its first clear words."""

from typing import Final

from sentivox.stream.utterance import Turn
from sentivox.types import UNDETERMINED

CLEAR: Final = 0.5
"""A language found with this probability is the channel's from then on."""

TRIES: Final = 3
"""So many utterances are asked at most, one after the other; then the most probable answer
counts. Where none of them brought words, each utterance has its language found for itself."""


class LanguagePin:
    """The language of one channel, kept for good once it is known.

    Detection costs a decoding step, errs on short utterances, and a change of language inside a
    conversation is rarer than such an error.

    Args:
        language: BCP-47 primary tag, or None to find it out.
    """

    def __init__(self, language: str | None) -> None:
        self.language = language
        self._taken = 0  # id of the last utterance that was asked
        self._asked = 0
        self._best: tuple[float, str] | None = None

    @property
    def open(self) -> bool:
        """Not known yet, and still worth finding out."""
        return self.language is None and self._asked < TRIES

    def take(self, turn: Turn) -> bool:
        """Learn from an utterance; False while its words are awaited.

        Call it with a channel's utterances in their order, each as often as you like.
        """
        if not turn.understood:
            return False
        if turn.id <= self._taken or turn.hearing is None:
            return True
        self._taken = turn.id
        self._asked += 1
        said = turn.hearing.transcript
        if said is not None and said.text.strip() and said.language != UNDETERMINED:
            probability = 1.0 if said.detected is None else said.detected
            self._best = max(self._best or (0.0, ""), (probability, said.language))
            if probability >= CLEAR:
                self.language = said.language
        if self._asked == TRIES and self.language is None and self._best is not None:
            self.language = self._best[1]
        return True
