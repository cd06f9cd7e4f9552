"""Check from a stream's messages alone that none is missing, repeated or out of place."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sentivox.protocol.events import (
    Error,
    Message,
    SpeechEnded,
    SpeechStarted,
    Termination,
    Utterance,
)
from sentivox.protocol.events import Warning as WarningEvent


@dataclass(slots=True)
class Account:
    """Checks the messages of one stream, one by one; only open utterances are kept in memory.

    Attributes:
        utterances: Number of final utterances.
        degraded: How often each kind of entry stood in `degraded`.
        problems: Descriptions of what was wrong.
        dropped_s: Seconds of audio that the server reported as dropped.
        heard_s: Seconds of audio that the server analysed.
    """

    utterances: int = 0
    degraded: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    dropped_s: float = 0.0
    heard_s: float = 0.0
    _seq: int = 0
    _begun: set[tuple[int, int]] = field(default_factory=set)
    _ended: set[tuple[int, int]] = field(default_factory=set)
    _over: bool = False

    def take(self, message: Message) -> None:
        """Check the next message."""
        if message.seq != self._seq + 1:
            self.problems.append(f"seq {message.seq} after {self._seq}")
        self._seq = message.seq
        match message:
            case SpeechStarted():
                self._begun.add((message.channel, message.utterance_id))
            case SpeechEnded():
                self._end(message)
            case Utterance(final=True):
                self._judge(message)
            case WarningEvent(code="audio_dropped"):
                self.dropped_s += message.detail["seconds"]
            case Error():
                self.problems.append(f"{message.code}: {message.message}")
            case Termination():
                self._over, self.heard_s = True, message.audio_seconds
            case _:
                pass

    def close(self, sent_s: float) -> None:
        """Check that nothing is open at the end of a stream that sent `sent_s` seconds of audio."""
        if not self._over:
            self.problems.append("no Termination")
        for name, left in (("end", self._begun), ("Utterance", self._ended)):
            if left:
                self.problems.append(f"{len(left)} without {name}")
        if abs(self.heard_s + self.dropped_s - sent_s) > 0.05:
            self.problems.append(
                f"sent {sent_s:.2f} s, heard {self.heard_s:.2f}, dropped {self.dropped_s:.2f}"
            )

    def _end(self, ended: SpeechEnded) -> None:
        key = ended.channel, ended.utterance_id
        if key not in self._begun:
            self.problems.append(f"utterance {key} ended twice, or never began")
        self._begun.discard(key)
        if not ended.discarded:
            self._ended.add(key)

    def _judge(self, said: Utterance) -> None:
        key = said.channel, said.utterance_id
        if key not in self._ended:
            self.problems.append(f"utterance {key} was judged twice, or never ended")
        self._ended.discard(key)
        self.utterances += 1
        self.degraded.update(why.partition(":")[0] for why in said.degraded)


def total(accounts: list[Account]) -> dict[str, Any]:
    """Add up the accounts of several streams; at most 20 problems are kept."""
    degraded: Counter[str] = Counter()
    for account in accounts:
        degraded.update(account.degraded)
    return {
        "sessions": len(accounts),
        "utterances": sum(a.utterances for a in accounts),
        "heard_s": round(sum(a.heard_s for a in accounts), 1),
        "dropped_s": round(sum(a.dropped_s for a in accounts), 1),
        "degraded": dict(degraded),
        "problems": [problem for a in accounts for problem in a.problems][:20],
    }
