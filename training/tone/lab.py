"""The training runs of a study, each done only once and kept on disk."""

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
"""Number of networks, trained with teachers, in the committee that ships."""


@dataclass(frozen=True, slots=True, eq=False)
class Lab:
    """Runs on one collection of clips.

    Attributes:
        data: The clips and their features.
        runs: Folder of outcomes; a run with an outcome there is not repeated.
        seeds: Number of runs of everything; the networks of all seeds are teachers.
        committees: Number of committees; no network is in two of them.
    """

    data: Data
    runs: Path
    seeds: int
    committees: int

    def committee_folds(self) -> list[Outcome]:
        """Train the committees on every fold of actors."""
        return [
            self._committee(split, c) for c in range(self.committees) for split in self._folds()
        ]

    def taught_folds(self) -> list[Outcome]:
        """Return the members of these committees as single networks."""
        members = range(self.committees * SEATS)
        return [self._taught(split, s) for s in members for split in self._folds()]

    def untaught_folds(self) -> list[Outcome]:
        """Train the same network without teachers on every fold."""
        return [self._untaught(split, s) for s in range(self.seeds) for split in self._folds()]

    def blueprint(self) -> list[Outcome]:
        """Train the network of the original specification on every fold, in the same way."""
        first = self._first(BLUEPRINT, 0)
        return [run(BLUEPRINT, split, self.data, self.runs, start=first) for split in self._folds()]

    def shipped(self) -> Outcome:
        """Train the committee that ships, on all speakers but those of fold HELD_BACK."""
        split = split_by(self.data.clips, "shipped", fold_speakers(HELD_BACK), ())
        return self._committee(split, 0)

    def without(self, corpus: str) -> list[Outcome]:
        """Train networks without a corpus and test them on it; empty if no other corpus is left."""
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
        """Return the stage that all folds start from; None without a corpus besides RAVDESS."""
        split = left_out(self.data.clips, "ravdess")
        return self._alone(recipe, split, seed) if split.train else None

    def _alone(self, recipe: Recipe, split: Split, seed: int) -> Outcome:
        """Train from random weights, with the hyperparameters of the first stage."""
        return run(replace(recipe, fit=FIRST), split, self.data, self.runs, seed=seed)
