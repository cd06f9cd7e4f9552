"""The tables of the model card."""

from collections.abc import Mapping, Sequence

import numpy as np

from training.utterance_tone.corpus import Clip
from training.utterance_tone.figures import Figures, figures
from training.utterance_tone.study import Tested

_COLUMNS = (
    "alone", "in a session", "in one mood", "telephone", "pink noise 10 dB", "first 1.5 s",
    "negative", "neutral", "positive", "women", "men", "eight", "ECE", "right at ≥ .8",
    "moved by -20 dB",
)  # fmt: skip


def table(clips: Sequence[Clip], found: Mapping[str, Sequence[Tested]]) -> str:
    """A row for every set of speakers that was left out: means over seeds, ± where several.

    Args:
        clips: All clips.
        found: What networks of different seeds say of each set, by its name.
    """
    rows = {name: np.array([_row(clips, one) for one in seeds]) for name, seeds in found.items()}
    lines = [f"| left out | {' | '.join(_COLUMNS)} |", "|---" * (len(_COLUMNS) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(_cells(values))} |" for name, values in rows.items()]
    means = np.array([values.mean(axis=0) for values in rows.values()])
    lines.append(f"| **mean** | {' | '.join(_cells(np.nanmean(means, axis=0)[None]))} |")
    return "\n".join(lines)


def _row(clips: Sequence[Clip], tested: Tested) -> list[float]:
    def of(condition: str) -> Figures:
        rows = tested.rows[condition]
        return figures([clips[int(row)] for row in rows], tested.log_probs[condition])

    clean = of("clean")
    harder = [of(name).alone for name in ("telephone", "pink noise 10 dB", "first 1.5 s")]
    return [
        clean.alone, clean.session, clean.mood, *harder, *clean.recalls, *clean.genders,
        clean.emotions, clean.ece, clean.sure, _moved(tested),
    ]  # fmt: skip


def _moved(tested: Tested) -> float:
    """Share of clips whose sentiment changes if they are 20 dB softer."""
    name = "20 dB softer"
    softer, rows = tested.log_probs[name][:, :3], tested.rows[name]
    plain = tested.log_probs["clean"][np.searchsorted(tested.rows["clean"], rows), :3]
    return float(np.mean(softer.argmax(axis=1) != plain.argmax(axis=1)))


def _cells(values: np.ndarray) -> list[str]:
    if len(values) == 1:
        return ["–" if np.isnan(x) else f"{x:.3f}" for x in values[0]]
    mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
    return ["–" if np.isnan(m) else f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True)]
