"""Labels that people gave to stored utterances, as examples for evaluation and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.pipeline import judge_utterances
from sentivox.evaluation.recordings import AnalysedRecordings, analysed_utterances
from sentivox.evaluation.report import Report
from sentivox.evaluation.verdicts import left_out, require_classes
from sentivox.protocol.begin import Models
from sentivox.protocol.events import Utterance
from sentivox.store.read import Kept
from sentivox.types import SENTIMENTS

CHOSEN_BY_PEOPLE = (
    "people chose these utterances, perhaps because the label looked wrong: they are no random"
    " sample of the conversations"
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """Stored utterances with people's labels.

    Attributes:
        examples: Their labels; the speaker is the channel of a session.
        heard: The utterance of each.
        models: Names of the models that analysed them, by part.
        notes: Caveats about them.
    """

    examples: Sequence[Example]
    heard: Sequence[Utterance]
    models: dict[str, str]
    notes: Sequence[str]


def corrected(sessions: Sequence[Kept]) -> Corrected:
    """The utterances with labels of sessions, newest first.

    Those that other models analysed than the newest ones are left out.

    Raises:
        DataError: No utterance has a label.
    """
    known = [kept for kept in sessions if kept.begin is not None and kept.corrections]
    if not known:
        raise DataError(
            "nobody has labelled an utterance in this store: correct some on the history page, or"
            " with POST /v1/sessions/ID/utterances/CHANNEL/N/label"
        )
    newest = known[0].begin
    assert newest is not None  # noqa: S101
    same = [kept for kept in known if kept.begin is not None and kept.begin.models == newest.models]
    examples: list[Example] = []
    heard: list[Utterance] = []
    for kept in same:
        said = {(u.channel, u.utterance_id): u for u in kept.utterances}
        for one in kept.corrections:
            sentiment = one.label if one.label in SENTIMENTS else None
            speaker = f"{kept.listed.id}/{one.channel}"
            examples.append(Example(label=one.label, sentiment=sentiment, speaker=speaker))
            heard.append(said[one.channel, one.utterance_id])
    others = len(known) - len(same)
    left = [f"{others} sessions of other models were left out"] if others else []
    return Corrected(examples, heard, _names(newest.models), [CHOSEN_BY_PEOPLE, *left])


def evaluate_corrected(found: Corrected, by: Sequence[str]) -> Report:
    """Evaluate text, tone and fusion, as they were when the conversations took place.

    Raises:
        DataError: There are no labels of two classes.
    """
    pairs = [(e, [u]) for e, u in zip(found.examples, found.heard, strict=True) if e.sentiment]
    if not pairs:
        raise DataError("no utterance has a label of negative, neutral or positive")
    clips, heard = zip(*pairs, strict=True)
    require_classes(e.sentiment for e in clips)
    report = judge_utterances(clips, heard, by, found.notes)
    return msgspec.structs.replace(report, models=found.models, left_out=left_out(found.examples))


def calibration_data(found: Corrected) -> AnalysedRecordings:
    """The data for a calibration.

    Raises:
        DataError: No utterance has a label of a sentiment.
    """
    return analysed_utterances(found.examples, found.heard, found.notes)


def _names(models: Models) -> dict[str, str]:
    """The names in one level, as `Engine.names` gives them."""
    parts = msgspec.to_builtins(models)
    texts = {f"text.{tag}": name for tag, name in parts.pop("text").items()}
    return {part: name for part, name in (parts | texts).items() if name is not None}
