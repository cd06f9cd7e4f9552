"""Parameters of fusion: temperature, weight and biases of each source. Saved as JSON."""

import math
from collections.abc import Iterator, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import msgspec

from sentivox.errors import ModelError, UsageError
from sentivox.system.atomic import write_whole
from sentivox.system.usage import PATH, require

Rule = Literal["loglinear", "linear", "logistic"]
Triple = tuple[float, float, float]
"""One number per class, in the order of SENTIMENTS."""


class SourceCalibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the opinions of one source are calibrated and weighted.

    Attributes:
        temperature: Divides the log-probabilities; above 0. 1 leaves them unchanged.
        bias: Added to the scaled log-probabilities, one per class.
        weight: Base weight, before quality; at least 0. Only the ratio between sources matters,
            except for an `added` source.
        slopes: Weight of each class's log-probability; used only by the rule "logistic", in
            proportion to how far several sources contribute. With all 1 for every source, the
            result is the product of independent experts.
        added: Add the opinion, times `weight`, to the fused result of the other sources; alone it
            gives no result. For a source that is not independent evidence, such as an emotion
            inferred from the same voice as the tone.
    """

    temperature: float = 1.0
    bias: Triple = (0.0, 0.0, 0.0)
    weight: float = 0.5
    slopes: Triple = (1.0, 1.0, 1.0)
    added: bool = False

    def numbers(self) -> Iterator[float]:
        """Yield every number in it, for validation."""
        yield from (self.temperature, *self.bias, self.weight, *self.slopes)

    def triples(self) -> tuple[Triple, Triple]:
        """The fields with one number per class, for validation."""
        return self.bias, self.slopes


DEFAULTS: Final[Mapping[str, SourceCalibration]] = {
    "text": SourceCalibration(),
    "tone": SourceCalibration(),
    # An emotion that a recogniser names is a label without probabilities: at temperature 1 its
    # sentiment is taken to be e times as likely as each other one.
    "emotion": SourceCalibration(weight=0.3, added=True),
}
"""Calibrations of sources that a `Calibration` does not list. A source that is missing here too
gets that of "text"."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the opinions of any number of sources are fused into one.

    Attributes:
        rule: "loglinear" multiplies weighted probabilities (product of experts); "linear"
            averages them (`alpha * P_text + (1 - alpha) * P_audio`); "logistic" weights each
            class of each source separately.
        adaptive: Let quality (ASR confidence, word count, speech length) and entropy change the
            weights. "logistic" uses quality only, because its slopes already reflect entropy.
        sharpness: Factor of the fused log-probabilities for "loglinear" and "linear", applied in
            proportion to how far several sources contribute; above 0. A weighted mean of
            calibrated opinions is under-confident, because it ignores that they are independent
            evidence. `training/fusion` derives the default.
        bias: Added to the fused log-probabilities, one per class, in the same proportion.
        sources: Calibrations by name of the source; DEFAULTS apply to those missing.
        models: Names of the models that the calibration was fitted to, by part ("tone",
            "text.en" …); empty for any.

    Raises:
        UsageError: A number is out of range or not finite, or the rule is unknown.
    """

    rule: Rule = "loglinear"
    adaptive: bool = True
    sharpness: float = 1.7
    bias: Triple = (0.0, 0.0, 0.0)
    sources: dict[str, SourceCalibration] = {}
    models: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Check the rule and all numbers."""
        if self.rule not in get_args(Rule):
            raise UsageError(f"calibration: rule must be one of {', '.join(get_args(Rule))}")
        every = {**DEFAULTS, **self.sources}
        triples = [self.bias, *(t for source in every.values() for t in source.triples())]
        if any(not isinstance(three, list | tuple) or len(three) != 3 for three in triples):
            raise UsageError("calibration: biases and slopes are three numbers, one per class")
        numbers = [number for source in every.values() for number in source.numbers()]
        numbers += [self.sharpness, *self.bias]
        if not all(isinstance(number, Real) and math.isfinite(number) for number in numbers):
            raise UsageError("calibration: every number must be finite")
        if min(self.sharpness, *(source.temperature for source in every.values())) <= 0:
            raise UsageError("calibration: temperatures and sharpness must be above 0")
        if min(source.weight for source in every.values()) < 0:
            raise UsageError("calibration: weights must not be negative")
        heard = [source for source in every.values() if not source.added]
        if sum(source.weight for source in heard) <= 0:
            raise UsageError("calibration: weights must not all be 0")
        slopes = [slope for source in heard for slope in source.slopes]
        if min(slopes) < 0 or sum(slopes) <= 0:
            raise UsageError("calibration: slopes must not be negative, and not all 0")

    def of(self, source: str) -> SourceCalibration:
        """The calibration of a source, by name."""
        return self.sources.get(source) or DEFAULTS.get(source) or SourceCalibration()

    def revised(self, source: str, **numbers: Any) -> "Calibration":  # noqa: ANN401
        """A copy with other numbers for one source, given as fields of SourceCalibration."""
        one = msgspec.structs.replace(self.of(source), **numbers)
        return msgspec.structs.replace(self, sources={**self.sources, source: one})

    @classmethod
    def linear(cls, alpha: float = 0.7) -> "Calibration":
        """A calibration with fixed weights: `alpha`, 0…1, for text and the rest for tone.

        Raises:
            UsageError: `alpha` is not a number from 0 to 1.
        """
        require("alpha", alpha, Real, "a number from 0 to 1")
        how = cls(rule="linear", adaptive=False, sharpness=1.0)
        return how.revised("text", weight=alpha).revised("tone", weight=1 - alpha)

    def mismatch(self, models: Mapping[str, str]) -> str | None:
        """A one-line warning if models in use differ from those it was fitted to, else None.

        Args:
            models: Names of the models in use, by part.
        """
        others = [
            f"{part} {models[part]}, not {name}"
            for part, name in self.models.items()
            if part in models and models[part] != name
        ]
        if not others:
            return None
        return (
            f"the calibration was fitted to other models ({'; '.join(others)}):"
            " run sentivox calibrate again"
        )

    @classmethod
    def load(cls, path: str | Path) -> "Calibration":
        """Read a calibration file.

        Raises:
            ModelError: The file is missing, not JSON, or holds numbers out of range.
        """
        require("path", path, PATH, "the path of a calibration file")
        try:
            raw = msgspec.json.decode(Path(path).read_bytes())
            return msgspec.convert(_by_source(raw), cls)
        except OSError as error:
            msg = f"cannot read the calibration file {path}: {error.strerror}"
            raise ModelError(msg) from error
        except (msgspec.MsgspecError, UsageError, ValueError) as error:
            msg = f"{path} is not a calibration file: {error}"
            raise ModelError(msg) from error

    def save(self, path: str | Path) -> None:
        """Write the calibration as JSON, atomically.

        Raises:
            ModelError: The file cannot be written.
        """
        require("path", path, PATH, "the path of a calibration file")
        try:
            write_whole(
                Path(path), msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
            )
        except OSError as error:
            msg = f"cannot write the calibration to {path}: {error.strerror}; choose another -o"
            raise ModelError(msg) from error


_FLAT: Final = {
    f"{source}_{field}": (source, field)
    for source in DEFAULTS
    for field in SourceCalibration.__struct_fields__
    if field != "added"
}
"""(source, field) by the flat keys of files of version 0.1, such as `text_temperature`."""


def _by_source(raw: object) -> object:
    """Decoded JSON with every field of every source filled in; accepts files of version 0.1."""
    if not isinstance(raw, dict):
        return raw
    content = cast("dict[str, Any]", raw)
    given: Any = content.get("sources", {})
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return content
    sources = cast("dict[str, dict[str, Any]]", {**given})
    for name in content.keys() & _FLAT.keys():
        source, field = _FLAT[name]
        sources[source] = {**sources.get(source, {}), field: content[name]}
    whole = {
        name: {**msgspec.to_builtins(DEFAULTS.get(name, SourceCalibration())), **one}
        for name, one in sources.items()
    }
    rest = {name: value for name, value in content.items() if name not in _FLAT}
    return {**rest, "sources": whole}
