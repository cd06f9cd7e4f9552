"""What a stream does with less, and says of it."""

from sentivox.protocol.events import AudioSentiment, Event, SpeechEnded, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import AsrJob
from tests.stream.harness import Shell, new_session, speech

TALK = speech((True, 4.0), (False, 1.0)).tobytes()


def heard(level: Degradation) -> tuple[Shell, list[Event]]:
    shell = Shell(new_session())
    shell.take(shell.session.degrade(level))
    shell.feed(TALK)
    shell.work_all()
    return shell, shell.finish()


def of(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def ends(events: list[Event]) -> list[float]:
    return [round(e.end * 2) / 2 for e in events if isinstance(e, AudioSentiment)]


def degraded(events: list[Event]) -> list[list[str]]:
    return [event.degraded for event in events if isinstance(event, Utterance)]


def test_tone_comes_half_as_often_and_the_utterance_says_so():
    _, whole = heard(Degradation.NONE)
    _, coarse = heard(Degradation.COARSE_TONE)
    assert ends(whole) == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    assert ends(coarse) == [1.0, 2.0, 3.0, 4.0]
    assert degraded(whole) == [[]]
    assert degraded(coarse) == [["tone_coarse"]]


def test_words_are_sought_at_the_end_only():
    for level, early in ((Degradation.COARSE_TONE, True), (Degradation.NO_SPECULATION, False)):
        shell = Shell(new_session())
        shell.take(shell.session.degrade(level))
        shell.feed(speech((True, 4.0), (False, 0.4)).tobytes())
        assert any(isinstance(job, AsrJob) for job in shell.waiting) == early
        assert not of(shell.events, SpeechEnded)
    _, events = heard(Degradation.NO_SPECULATION)
    assert degraded(events) == [["tone_coarse", "no_speculation"]]


def test_every_change_is_told_once():
    shell = Shell(new_session())
    levels = [Degradation(n) for n in (0, 1, 1, 2, 3, 2, 0, 0)]
    for level in levels:
        shell.take(shell.session.degrade(level))
    told = [(e.code, e.detail["level"]) for e in shell.events if isinstance(e, WarningEvent)]
    assert told == [
        ("degraded", 1), ("degraded", 2), ("degraded", 3), ("degraded", 2), ("restored", 0),
    ]  # fmt: skip
    assert [e.seq for e in shell.events] == [1, 2, 3, 4, 5]


def test_after_the_last_word_nothing_is_told():
    shell = Shell(new_session())
    shell.finish()
    assert shell.session.degrade(Degradation.COARSE_TONE) == []


def test_what_comes_back_comes_back_within_an_utterance():
    shell = Shell(new_session())
    shell.take(shell.session.degrade(Degradation.COARSE_TONE))
    shell.feed(TALK[: 2 * 32_000])
    shell.take(shell.session.degrade(Degradation.NONE))
    shell.feed(TALK[2 * 32_000 :])
    shell.work_all()
    assert ends(shell.finish()) == [1.0, 2.0, 2.5, 3.0, 3.5, 4.0]
