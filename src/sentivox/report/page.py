"""Results as HTML: the page of one recording, and an index of several.

Transcripts and file names are untrusted text. Everything is escaped by Jinja, and the page's
Content-Security-Policy forbids all scripts but its own, and all network access.
"""

import base64
import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from heapq import nlargest
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sentivox._version import __version__
from sentivox.conversation.moments import SHOWN as SHOWN_MOMENTS
from sentivox.conversation.moments import moments
from sentivox.conversation.trend import telling
from sentivox.look import chart_spec, chart_style_within, script, style
from sentivox.protocol.events import Utterance
from sentivox.protocol.labels import tendency
from sentivox.protocol.words import with_preceding_text
from sentivox.report import chart, exported, wording
from sentivox.report.compare import Entry, comparisons, worst_moments
from sentivox.report.comparison_chart import across, pictured
from sentivox.report.document import Document
from sentivox.report.names import breakable, short_names
from sentivox.report.people import people
from sentivox.report.waveform import Envelope
from sentivox.wording.channels import heading
from sentivox.wording.codes import lacking
from sentivox.wording.paths import path_text
from sentivox.wording.timecode import clock

HERE: Final = Path(__file__).parent
MOMENTS: Final = 3  # most utterances listed as most negative, and as most positive
SYMBOLS: Final = {"negative": "▼", "neutral": "●", "positive": "▲", "unclear": "○"}
SHOWN: Final = 12
"""Most utterances listed in a notebook."""

NAMED: Final = 40
"""Most recordings whose names stand below their dots in an index."""


def recording_page(
    result: Document, envelope: Envelope, *, sound: str | None = None, index: str | None = None
) -> str:
    """Render the page of one recording, as self-contained HTML.

    Args:
        result: The results of the recording.
        envelope: Its loudness over time.
        sound: Its audio as a `data:` URL, for playback; None for a page without sound.
        index: URL of the index of all recordings, relative to this page, if there is one.
    """
    return _render(
        "recording.html",
        result=result,
        title=path_text(Path(result.file).name),
        notes=[path_text(note) for note in result.notes],
        overall=result.summary.overall,
        rows=chart.rows(result, envelope),
        bins=chart.histogram(result.utterances, wording.LABELS),
        lowest=_moments(result, -1),
        highest=_moments(result, 1),
        moments=moments(result.summary)[:SHOWN_MOMENTS],
        people=[(p.name, p.figures, wording.strongest(_emotions(p.said))) for p in people(result)],
        models=_models(result.models),
        sound=sound,
        index=index,
    )


def fragment(result: Document) -> str:
    """Render results in short, as HTML for a notebook: figures, scores over time, utterances."""
    return _render(
        "fragment.html",
        result=result,
        file=path_text(result.file),
        overall=result.summary.overall,
        rows=chart.rows(result, Envelope.silent(len(result.channels))),
        shown=result.utterances[:SHOWN],
    )


def index_page(entries: Sequence[Entry]) -> str:
    """Render the index of several recordings: their mean scores, and a sortable table."""
    total: dict[str, int] = {
        label: sum(e.result.summary.overall.counts[label] for e in entries)
        for label in wording.LABELS
    }
    return _render(
        "index.html",
        title=f"{len(entries)} recordings",
        entries=entries,
        short_names=short_names([e.name for e in entries]) if len(entries) <= NAMED else [],
        total=total,
        comparisons=[pictured(one) for one in comparisons(entries)],
        days=_days(entries),
        worst=worst_moments(entries),
        seconds=sum(e.result.duration for e in entries),
        missing=sum(e.result.words_missing for e in entries),
        talk=sum(e.result.summary.overall.talk_seconds for e in entries),
        models=_models(entries[0].result.models) if entries else [],
        profile=entries[0].result.profile if entries else "",
    )


def _days(entries: Sequence[Entry]) -> str:
    """A sentence that says where the days of the recordings come from."""
    named = [e.day.named for e in entries if e.day]
    if all(named):
        return "Days are those in the names of the files."
    if not any(named):
        return "Days are those of the files’ last change, as their names have no date."
    changed = named.count(False)
    return (
        "Days are those in the names of the files; of the "
        f"{changed} without one, that of the last change."
    )


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(clock=clock, signed=_signed, percent=_percent, breakable=breakable)
    ours: dict[str, Any] = {
        "version": __version__,
        "labels": wording.LABELS,
        "heading": heading,
        "share": _share,
        "label_of": chart.fused_label,
        "tendency": tendency,
        "telling": telling,
        "lacking": lacking,
        "verdict": wording.verdict,
        "without_words": wording.without_words,
        "symbols": SYMBOLS,
        "across": across,
        "columns": chart.WAVE_COLUMNS,
        "chart": chart_spec(),
        "dashes": _dashes,
        "page_style": _page_style,
        "fragment_style": _fragment_style,
        "spelled": with_preceding_text,
        "exported": exported,
        "page_script": _page_script,
        "sha256": _sha256,
    }
    made.globals.update(ours)
    return made


def _source(name: str) -> Markup:
    """The content of a style sheet or script in the templates folder, unescaped."""
    return Markup((HERE / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704  (ours)


def _page_style() -> Markup:
    """The style sheet of a page: what all looks share, and what only reports have."""
    shared = "".join(style(name) for name in ("tokens", "parts", "chart"))
    return Markup(shared) + _source("style.css")  # noqa: S704  (ours)


def _page_script() -> Markup:
    """The script of a page: what draws and saves charts everywhere, and what only reports do."""
    own = "".join(_source(name) for name in ("page.js", "view.js", "charts.js"))
    return Markup(own + script("svg", "picture", "saving"))  # noqa: S704  (ours)


def _fragment_style() -> Markup:
    """The style sheet of a fragment, which leaves the rest of a notebook as it is."""
    shared = chart_style_within(".sentivox")
    return Markup(shared) + _source("fragment.css")  # noqa: S704  (ours)


def _dashes(channel: int) -> str:
    """The looks of the curve of a channel: they take turns."""
    return ("", "second", "third")[channel % 3]


def inline_sources() -> tuple[str, str]:
    """What a Content-Security-Policy must allow of a page: its style sheet and its script, inline.

    A page that is shown in a `blob:` URL is bound by the policy of the page that made it.
    """
    style, script = (f"'sha256-{_sha256(source)}'" for source in (_page_style(), _page_script()))
    return style, script


def _sha256(text: str) -> str:
    """The hash of an inline script or style sheet for the Content-Security-Policy."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"


def _share(ratio: float | None) -> str:
    """A ratio, 0…1, in percent for people."""
    return "–" if ratio is None else f"{100 * ratio:.0f}\N{NO-BREAK SPACE}%"


def _percent(value: float) -> str:
    """A horizontal position in percent, without trailing zeros, such as "12.34%"."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


def _moments(result: Document, sign: int) -> list[Utterance]:
    """The negative or positive (sign -1 or 1) utterances of extreme scores, the extremest first."""
    label = "negative" if sign < 0 else "positive"
    some = [u for u in result.utterances if chart.fused_label(u) == label]
    return nlargest(MOMENTS, some, key=lambda u: sign * (u.fused_score or 0.0))


def _emotions(utterances: Iterable[Utterance]) -> dict[str, float]:
    """The mean emotion probabilities, weighted by the length of the utterances."""
    heard: list[tuple[Utterance, Mapping[str, float]]] = [
        (u, u.audio_sentiment.emotions) for u in utterances if u.audio_sentiment is not None
    ]
    return wording.emotions([(u.end - u.start, scores) for u, scores in heard])


def _models(models: Mapping[str, Any]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(part, name, figures) of each model in use; a figure is (value, what was measured)."""
    known = _known()
    parts = dict(models)
    texts: dict[str, str] = parts.pop("text", None) or {}
    parts |= {f"text ({tag})": name for tag, name in texts.items()}
    return [(part, name, list(known.get(name, {}).items())) for part, name in parts.items() if name]


@cache
def _known() -> dict[str, dict[str, str]]:
    return tomllib.loads((HERE / "known.toml").read_text(encoding="utf-8"))
