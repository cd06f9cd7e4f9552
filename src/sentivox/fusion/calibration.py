"""What a fitted fusion knows of each source: temperature, weight, biases. Saved as JSON."""

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
"""One number a class, in the order of SENTIMENTS."""


class SourceCalibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one source's opinions are taken.

    Attributes:
        temperature: Divides its log-probabilities; 1 leaves them as they are.
        bias: Added to them after that, one a class.
        weight: Its base weight, before quality. Only the ratio between sources matters, but for
            an `added` one.
        slopes: Of the rule "logistic", applied as far as several sources speak: the weight of
            each class's log-probability. All 1, for every source, is the product of independent
            experts.
        added: Its opinion is added to what the others come to, times `weight`, and says nothing
            alone. For what is heard in the same voice as another source, and so is no independent
            evidence.
    """

    temperature: float = 1.0
    bias: Triple = (0.0, 0.0, 0.0)
    weight: float = 0.5
    slopes: Triple = (1.0, 1.0, 1.0)
    added: bool = False

    def numbers(self) -> Iterator[float]:
        """Every number in it."""
        yield from (self.temperature, *self.bias, self.weight, *self.slopes)

    def triples(self) -> tuple[Triple, Triple]:
        """What has a number a class."""
        return self.bias, self.slopes


DEFAULTS: Final[Mapping[str, SourceCalibration]] = {
    "text": SourceCalibration(),
    "tone": SourceCalibration(),
    # An emotion that a recogniser names is a label without probabilities: at temperature 1 its
    # sentiment is taken to be e times as likely as each other one.
    "emotion": SourceCalibration(weight=0.3, added=True),
}
"""Of sources that a calibration does not mention; of one that is not here either, the first."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the opinions of any number of sources become one.

    Attributes:
        rule: "loglinear" multiplies weighted probabilities (product of experts); "linear"
            averages them (the blueprint's `alpha * P_text + (1 - alpha) * P_audio`); "logistic"
            weighs each class of each source by itself.
        adaptive: Let quality (ASR confidence, word count, speech length) and, but for
            "logistic", whose weights know it, entropy move the weights.
        sharpness: Of "loglinear" and "linear", applied as far as several sources speak: a
            weighted mean of calibrated opinions is under-confident, because it forgets that they
            are independent evidence. The default is derived by `training/fusion`.
        bias: Added as far as several sources speak, one a class.
        sources: By the source's name; DEFAULTS hold for those that are not here.
        models: Names of the models whose opinions it was fitted to, by their part; empty for
            any.
    """

    rule: Rule = "loglinear"
    adaptive: bool = True
    sharpness: float = 1.7
    bias: Triple = (0.0, 0.0, 0.0)
    sources: dict[str, SourceCalibration] = {}
    models: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse numbers that would make nonsense of every score."""
        if self.rule not in get_args(Rule):
            raise UsageError(f"calibration: rule must be one of {', '.join(get_args(Rule))}")
        every = {**DEFAULTS, **self.sources}
        triples = [self.bias, *(t for source in every.values() for t in source.triples())]
        if any(not isinstance(three, list | tuple) or len(three) != 3 for three in triples):
            raise UsageError("calibration: biases and slopes are three numbers, one a class")
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
        """How a source's opinions are taken."""
        return self.sources.get(source) or DEFAULTS.get(source) or SourceCalibration()

    def revised(self, source: str, **numbers: Any) -> "Calibration":  # noqa: ANN401
        """The same with other numbers for one source, named as in SourceCalibration."""
        one = msgspec.structs.replace(self.of(source), **numbers)
        return msgspec.structs.replace(self, sources={**self.sources, source: one})

    @classmethod
    def linear(cls, alpha: float = 0.7) -> "Calibration":
        """The blueprint's rule: fixed weights, alpha for the words."""
        require("alpha", alpha, Real, "a number from 0 to 1")
        how = cls(rule="linear", adaptive=False, sharpness=1.0)
        return how.revised("text", weight=alpha).revised("tone", weight=1 - alpha)

    def mismatch(self, models: Mapping[str, str]) -> str | None:
        """One line that says which of the models in use are not those it was fitted to."""
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
            ModelError: It is missing, not JSON, or holds impossible numbers.
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
        """Write the calibration as JSON, whole or not at all.

        Raises:
            ModelError: It cannot be written there.
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
"""Names in files of version 0.1, such as `text_temperature`."""


def _by_source(raw: object) -> object:
    """What a file holds, with every source whole; files of version 0.1 are read as well."""
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
