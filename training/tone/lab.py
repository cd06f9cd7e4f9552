"""The runs a study is made of, each done once and kept, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.tone.committee import assemble
from training.tone.corpus import FOLDS, HELD_BACK, fold_speakers
from training.tone.study import (
    BLUEPRINT,
    FIRST,
    TAUGHT,
    UNTAUGHT,
    Data,
    Outcome,
    Recipe,
    Split,
    actor_fold,
    left_out,
    run,
    split_by,
)

SEATS = 2
"""Taught networks in the committee that ships."""


@dataclass(frozen=True, slots=True, eq=False)
class Lab:
    """Runs on one collection of clips.

    Attributes:
        runs: folder of outcomes; what is there is not run again.
        seeds: how often everything is run; the networks of all seeds teach those that ship.
        committees: how often what ships is made; no network sits in two of them.
    """

    data: Data
    runs: Path
    seeds: int
    committees: int

    def committee_folds(self) -> list[Outcome]:
        """What ships, on every fold of actors."""
        return [
            self._committee(split, c) for c in range(self.committees) for split in self._folds()
        ]

    def taught_folds(self) -> list[Outcome]:
        """The members of these committees, each alone."""
        members = range(self.committees * SEATS)
        return [self._taught(split, s) for s in members for split in self._folds()]

    def untaught_folds(self) -> list[Outcome]:
        """The same network without teachers."""
        return [self._untaught(split, s) for s in range(self.seeds) for split in self._folds()]

    def blueprint(self) -> list[Outcome]:
        """The original specification's network, trained alike."""
        first = self._first(BLUEPRINT, 0)
        return [run(BLUEPRINT, split, self.data, self.runs, start=first) for split in self._folds()]

    def shipped(self) -> Outcome:
        """What ships: trained on all speakers but `HELD_BACK`, and tested on them."""
        split = split_by(self.data.clips, "shipped", fold_speakers(HELD_BACK), ())
        return self._committee(split, 0)

    def without(self, corpus: str) -> list[Outcome]:
        """Networks that never heard a corpus, tested on it."""
        split = left_out(self.data.clips, corpus)
        if not split.train:
            return []
        return [self._alone(UNTAUGHT, split, s) for s in range(self.seeds)]

    def _folds(self) -> Sequence[Split]:
        return [actor_fold(self.data.clips, fold) for fold in range(len(FOLDS))]

    def _committee(self, split: Split, place: int) -> Outcome:
        members = range(place * SEATS, (place + 1) * SEATS)
        return assemble([self._taught(split, member) for member in members])

    def _taught(self, split: Split, seed: int) -> Outcome:
        teachers = [self._untaught(split, s) for s in range(self.seeds)]
        first = self._first(UNTAUGHT, seed)
        return run(TAUGHT, split, self.data, self.runs, seed=seed, start=first, teachers=teachers)

    def _untaught(self, split: Split, seed: int) -> Outcome:
        start = self._first(UNTAUGHT, seed)
        return run(UNTAUGHT, split, self.data, self.runs, seed=seed, start=start)

    def _first(self, recipe: Recipe, seed: int) -> Outcome | None:
        """The stage that all folds begin from, where there is a corpus for it."""
        split = left_out(self.data.clips, "ravdess")
        return self._alone(recipe, split, seed) if split.train else None

    def _alone(self, recipe: Recipe, split: Split, seed: int) -> Outcome:
        """A run that begins from nothing."""
        return run(replace(recipe, fit=FIRST), split, self.data, self.runs, seed=seed)
