"""A stored session as the document of `analyze --json`, and as messages."""

from dataclasses import asdict
from typing import Any

import msgspec

from sentivox.conversation.escalation import escalation
from sentivox.conversation.headline import ending_of
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Summary
from sentivox.report.document import Document
from sentivox.store.read import Kept
from sentivox.store.tone import unpack


def document(kept: Kept) -> Document:
    """The results of a session, as those of a recording: for JSON, tables and reports."""
    begin, listed = kept.begin, kept.listed
    return Document.gather(
        file=listed.name or listed.id,
        profile=listed.profile,
        models={} if begin is None else msgspec.to_builtins(begin.models),
        utterances=kept.utterances,
        summary=_summary(kept),
        truncated=listed.ended is None,
    )


def as_json(kept: Kept) -> dict[str, Any]:
    """The document of `analyze --json`, with what the store knows beside it, as plain JSON values.

    `session` holds what a list of sessions does, `corrections` and `alerts` what they say, and
    `names` what the channels and the speakers told apart are called now, and when it was recorded.
    """
    beside = {
        "session": asdict(kept.listed),
        "names": [asdict(each) for each in kept.names],
        "corrections": [asdict(each) for each in kept.corrections],
        "alerts": kept.alerts,
    }
    return document(kept).document() | msgspec.to_builtins(beside)


def utterances(kept: Kept) -> list[dict[str, Any]]:
    """The utterances with the windows of their live tone, `tone`, and people's label, `corrected`.

    The label is null where nobody gave one.
    """
    labels = {(each.channel, each.utterance_id): each.label for each in kept.corrections}
    return [
        msgspec.to_builtins(said)
        | {
            "tone": unpack(kept.tone.get((said.channel, said.utterance_id), b"")),
            "corrected": labels.get((said.channel, said.utterance_id)),
        }
        for said in kept.utterances
    ]


def events(kept: Kept) -> list[dict[str, Any]]:
    """The messages of a session that are kept, in their order, and a Summary at the end."""
    numbered = sorted([*kept.utterances, *kept.alerts], key=lambda message: message.seq)
    begin = [] if kept.begin is None else [msgspec.to_builtins(kept.begin)]
    end = msgspec.to_builtins(_summary(kept))
    return [*begin, *map(msgspec.to_builtins, numbered), end]


def _summary(kept: Kept) -> Summary:
    """The session's summary, from its utterances: it is there too where the server died."""
    begin, said = kept.begin, kept.utterances
    names = [one.name for one in kept.names if one.speaker is None]
    last = max((each.end for each in said), default=0.0)
    roles = () if begin is None else begin.config.roles
    found = summary(
        said,
        range(len(names)),
        kept.listed.duration or last,
        names=names,
        roles=roles if len(roles) == len(names) else (),
        ending=ending_of(kept.listed.outcome),
    )
    return msgspec.structs.replace(
        found,
        session_id=kept.listed.id,
        alerts=[alert.fired for alert in kept.alerts],
        escalation=escalation(said, kept.escalation, None if begin is None else begin.models),
    )
