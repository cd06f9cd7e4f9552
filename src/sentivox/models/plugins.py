"""Models that other packages bring: found by name among the entry points `sentivox.engines`.

A package says in its metadata what it brings, its part and its name first:

    [project.entry-points."sentivox.engines"]
    "asr.my-ears" = "my_package:MyEars"
    "tone.my-tone" = "my_package:load_tone"
    "text.my-words" = "my_package:load_text"

What it points to is called without arguments and answers with a model: see `asr.protocol`,
`tone.protocol` and `text.protocol`. A recogniser is made in a worker process, the others in ours.
Nothing is imported before a model is asked for by its name.
"""

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final, Literal

from sentivox.errors import ModelError

GROUP: Final = "sentivox.engines"

Part = Literal["asr", "text", "tone"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A model of another package.

    Attributes:
        part: What it is for.
        id: Its name, by which it is asked for.
        target: Where it is, as "module:attribute".
        package: What brings it, with its version.
    """

    part: Part
    id: str
    target: str
    package: str

    def load(self) -> Any:  # noqa: ANN401  (of whatever class it likes)
        """Import it and make the model.

        Raises:
            ModelError: It cannot be imported, or fails.
        """
        try:
            (found,) = entry_points(group=GROUP, name=f"{self.part}.{self.id}")
            return found.load()()
        except Exception as error:
            raise ModelError(
                f"{self.part} {self.id!r} of {self.package} does not load: "
                f"{type(error).__name__}: {error}"
            ) from error


def plugins(part: Part) -> list[Plugin]:
    """What other packages bring for a part, by name."""
    found: dict[str, Plugin] = {}
    for entry in entry_points(group=GROUP):
        kind, _, name = entry.name.partition(".")
        if kind == part and name:
            about = entry.dist
            package = "a package" if about is None else f"{about.name} {about.version}"
            found.setdefault(name, Plugin(part, name, entry.value, package))
    return [found[name] for name in sorted(found)]
