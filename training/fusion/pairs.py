"""Compares rules of fusion on pairs of a voice and a sentence that have one sentiment.

No open data set has dialogue with both the sound and the words under a free licence. What the
shipped models make of each is known, though: of voices of corpora that the tone model was not
trained on, and of sentences of test sets. A pair takes one of each with the same label. Errors of
the two are then independent, which in real speech they are not quite: what fusion gains here is
the most that it can gain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sentivox.evaluation.choose import figures_of
from sentivox.evaluation.metrics import log_loss
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all
from sentivox.fusion.opinion import HALF_SECONDS, HALF_WORDS, SourceOpinions
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.types import SENTIMENTS, DoubleArray, IntArray
from training.text.corpora import rows

TEXT_SETS: Final = {
    "en": (("meld", "test"), ("msctd_en", "test"), ("dailydialog", "test"),
           ("emorynlp", "test"), ("tweeteval_sentiment", "test")),
    "zh": (("msctd_zh", "test"), ("cped_zh", "dev"), ("bmeld_zh", "test")),
}  # fmt: skip
"""Sets and their splits that text models are not trained on, by language."""

SENTENCES: Final = 500
"""Most sentences of a class of a set."""

PAIRS: Final = 300
"""Pairs of a class of each corpus with each set."""

CONFIDENCE: Final = (8.0, 2.0)
"""Parameters of the beta distribution that recognisers' confidences are drawn from: mean 0.8."""


class Scored(NamedTuple):
    """What a model made of the sentences, or the voices, of one set.

    Attributes:
        log_probs: Shape (n, 3), calibrated as they are served.
        truth: Shape (n,), indices into SENTIMENTS.
        amount: Shape (n,), seconds of speech, or words.
    """

    log_probs: DoubleArray
    truth: IntArray
    amount: DoubleArray


class Setting(NamedTuple):
    """What is fitted.

    Attributes:
        half_words, half_seconds: As HALF_WORDS and HALF_SECONDS in `sentivox.fusion.opinion`.
        sharpness: As of `Calibration`.
    """

    half_words: float
    half_seconds: float
    sharpness: float


SHIPPED: Final = Setting(HALF_WORDS, HALF_SECONDS, Calibration().sharpness)
TRIED: Final = tuple(
    Setting(*values)
    for values in product((0.0, 0.5, 1.0, 2.0), (0.0, 0.25, 0.5, 1.0), (1.4, 1.7, 2.0, 2.3))
)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Voices of one corpus, each with a sentence of one set.

    Attributes:
        corpus: Name of the corpus of voices.
        texts: Name of the set of sentences.
        voice, text: What the models made of them; both have the same `truth`.
        confidence: Shape (n,), of the recogniser in the words.
    """

    corpus: str
    texts: str
    voice: Scored
    text: Scored
    confidence: DoubleArray

    def fused(self, setting: Setting) -> DoubleArray:
        """Fused log-probabilities, shape (n, 3)."""
        words, seconds = self.text.amount, self.voice.amount
        quality = self.confidence * words / (words + setting.half_words)
        evidence = {
            "text": _opinions(self.text, quality),
            "tone": _opinions(self.voice, seconds / (seconds + setting.half_seconds)),
        }
        return fuse_all(
            evidence, msgspec.structs.replace(Calibration(), sharpness=setting.sharpness)
        )


class Row(NamedTuple):
    """Figures of one set of pairs.

    Attributes:
        corpus, texts: What was paired.
        voice, words: UAR of each alone.
        fused: UAR of both.
        ece: Expected calibration error of both.
        loss: Log loss of both.
    """

    corpus: str
    texts: str
    voice: float
    words: float
    fused: float
    ece: float
    loss: float


def left_out(pairs: Sequence[Pairs], tried: Sequence[Setting] = TRIED) -> list[Row]:
    """Figures of pairs, each with the setting that suits those that share nothing with them."""
    return [
        figures(one, choose([o for o in pairs if o.corpus != one.corpus and o.texts != one.texts],
                            tried))
        for one in pairs
    ]  # fmt: skip


def choose(pairs: Sequence[Pairs], tried: Sequence[Setting] = TRIED) -> Setting:
    """The setting with the least mean log loss over sets of pairs, each counting alike."""
    return min(tried, key=lambda how: float(np.mean([_loss(one, how) for one in pairs])))


@cache
def _loss(pairs: Pairs, setting: Setting) -> float:
    return log_loss(pairs.fused(setting), pairs.text.truth)


def figures(pairs: Pairs, setting: Setting) -> Row:
    """Figures of one set of pairs."""
    truth, both = pairs.text.truth, figures_of(pairs.fused(setting), pairs.text.truth)
    voice, words = (figures_of(one.log_probs, truth)["uar"] for one in (pairs.voice, pairs.text))
    return Row(pairs.corpus, pairs.texts, voice, words, both["uar"], both["ece"], both["log_loss"])


def read_voices(file: Path) -> dict[str, Scored]:
    """The posteriors that `python -m training.utterance_tone` leaves, by corpus."""
    with np.load(file) as held:
        corpora = held["corpora"]
        parts = [held[name] for name in ("log_probs", "truth", "seconds")]
    log_probs, truth, seconds = parts
    return {
        str(name): Scored(log_probs[at].astype(np.float64), truth[at], seconds[at])
        for name in np.unique(corpora)
        for at in [corpora == name]
    }


def score_texts(
    folder: Path,
    sets: Mapping[str, Sequence[tuple[str, str]]] = TEXT_SETS,
    most: int = SENTENCES,
) -> dict[str, Scored]:
    """What the shipped text models make of held-out sentences, by set.

    Args:
        folder: Of the sets.
        sets: Their names and splits, by language.
        most: Most sentences of a class of a set.
    """
    found: dict[str, Scored] = {}
    for language, named in sets.items():
        model = EmbeddedTextModel.load(language)
        for name, split in named:
            those = [(row.text, row.label) for row in rows(folder, name, split, spell=str)]
            some = list(_some(those, most))
            log_probs = np.stack([model.classify([text])[0].sentiment for text, _ in some])
            words = [len(text.split()) if language == "en" else len(text) / 2 for text, _ in some]
            truth = np.array([label for _, label in some])
            found[name] = Scored(log_probs.astype(np.float64), truth, np.maximum(words, 1))
    return found


def _some(sentences: Sequence[tuple[str, int]], most: int) -> Iterator[tuple[str, int]]:
    """At most `most` of each class, at random."""
    rng = np.random.default_rng(0)
    for label in range(len(SENTIMENTS)):
        those = [sentence for sentence in sentences if sentence[1] == label]
        yield from (those[i] for i in rng.permutation(len(those))[:most])


def pair_up(voices: Mapping[str, Scored], texts: Mapping[str, Scored], seed: int) -> list[Pairs]:
    """Pairs of every corpus with every set, as many of each class."""
    rng = np.random.default_rng(seed)
    return [
        Pairs(
            corpus, name, _drawn(voices[corpus], rng), _drawn(texts[name], rng),
            rng.beta(*CONFIDENCE, PAIRS * len(SENTIMENTS)),
        )
        for corpus, name in product(voices, texts)
    ]  # fmt: skip


def _drawn(one: Scored, rng: np.random.Generator) -> Scored:
    """PAIRS at random of each class, class by class."""
    places = np.concatenate(
        [rng.choice(np.flatnonzero(one.truth == k), PAIRS) for k in range(len(SENTIMENTS))]
    )
    return Scored(one.log_probs[places], one.truth[places], one.amount[places])


def _opinions(one: Scored, quality: DoubleArray) -> SourceOpinions:
    return SourceOpinions(one.log_probs, quality, np.ones(len(one.truth), np.bool_))
