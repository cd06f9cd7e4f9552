"""The short form in which Python shows a message: one line that a person can take in.

`msgspec.to_builtins` gives all fields.
"""

from typing import Final

MOST: Final = 120
"""Most characters of a short form."""


def shown(value: object, *parts: str | None) -> str:
    """The short form of a value: its type, and its parts in brackets.

    Args:
        value: The value.
        parts: What to show, in order; None and empty parts are left out. Only the last should be
            long: it is cut where the line would have more than MOST characters.
    """
    line = f"{type(value).__name__}({', '.join(part for part in parts if part)})"
    if len(line) <= MOST:
        return line
    end = line[-2:] if line[-2] in "'\"" else ")"
    return f"{line[: MOST - len(end) - 1]}…{end}"


def span(start: float, end: float) -> str:
    """A time span in seconds, as "12.2–13.8 s"."""
    return f"{start:.1f}–{end:.1f} s"


def judged(label: str | None, score: float | None) -> str:
    """A label with its score, -1…1, as "negative -0.92"; "no score" without one."""
    return "no score" if score is None else f"{label or ''} {score:+.2f}".strip()


def mean(score: float | None) -> str:
    """A mean score, -1…1, as "mean score +0.12"; "no score" without one."""
    return "no score" if score is None else f"mean score {score:+.2f}"


def quoted(text: str | None) -> str | None:
    """Words in quotes, on one line; None if there are none."""
    return repr(" ".join(text.split())) if text else None


def counted(number: int, noun: str) -> str:
    """A number of things, as "1 utterance" or "2 utterances"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
