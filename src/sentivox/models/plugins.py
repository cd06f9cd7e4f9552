"""Models from other packages, found by name among the entry points `sentivox.engines`.

A package declares its models in its metadata, under the names PART.ID:

    [project.entry-points."sentivox.engines"]
    "asr.my-recogniser" = "my_package:MyRecogniser"
    "tone.my-tone" = "my_package:load_tone"
    "text.my-text" = "my_package:load_text"

The target is called without arguments and returns a model that implements `Transcriber`
(`asr.protocol`), `ToneClassifier` (`tone.protocol`) or `TextClassifier` (`text.protocol`). A
recogniser is created in a worker process, the others in the main process. Nothing is imported
before a model is asked for by its id.
"""

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final, Literal

from sentivox.errors import ModelError

GROUP: Final = "sentivox.engines"

Part = Literal["asr", "text", "tone"]
"""What a model is for: to recognise speech, or to score text or tone."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A model from another package.

    Attributes:
        part: What it is for.
        id: The id by which users choose it, such as "my-recogniser".
        target: What is called to create it, as "module:attribute".
        package: Name and version of the package.
    """

    part: Part
    id: str
    target: str
    package: str

    def load(self) -> Any:  # noqa: ANN401  (of whatever class it likes)
        """Import and create the model.

        Raises:
            ModelError: It cannot be imported, or cannot be created.
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
    """List the models that other packages have for a part, by id."""
    found: dict[str, Plugin] = {}
    for entry in entry_points(group=GROUP):
        kind, _, name = entry.name.partition(".")
        if kind == part and name:
            about = entry.dist
            package = "a package" if about is None else f"{about.name} {about.version}"
            found.setdefault(name, Plugin(part, name, entry.value, package))
    return [found[name] for name in sorted(found)]
