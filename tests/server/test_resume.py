"""A connection is cut in the middle: the client comes back, and nothing is lost or twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.engine import Engine
from sentivox.protocol.events import SpeechStarted
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.ws.replay_buffer import BufferBound, ReplayBuffer
from tests.server.serving import (
    Caller,
    Message,
    Recogniser,
    Running,
    client,
    content,
    kinds,
    pieces,
    serving,
    wait_for,
)

TONE = "modalities=audio"


def cut(caller: Caller) -> None:
    """Gone without a goodbye."""
    caller.socket.socket.close()


def resume(running: Running, after: Message, query: str = "", token: str = "") -> Caller:
    names = f"session_id={after['session_id']}&last_seq={after['seq']}&{query}"
    return running.call(names, Authorization=f"Bearer {token}")


@pytest.mark.parametrize("lost", [0, 2], ids=["all read", "two events unread"])
def test_a_cut_in_the_middle_changes_nothing(
    engine: Engine, speech: bytes, heard: list[Message], lost: int
) -> None:
    half = speech[: 2 * 32_000 + 1]  # in the middle of an utterance, and of a sample
    with serving(engine, late_s=600.0) as running:
        sessions = running.server.service.sessions
        with running.call() as caller:
            caller.send(*pieces(half, 1281))
            first = caller.until("AudioSentiment")
            first += caller.until("AudioSentiment")
            wait_for(lambda: sessions.conversations[0].intake.received == 64_000)
            cut(caller)
        wait_for(lambda: sessions.conversations[0].intake._inbox._carry == b"")
        first = first[: len(first) - lost]
        with resume(running, first[-1]) as caller:
            begin = caller.next()
            assert begin["type"] == "Begin"
            assert begin["resumed"] is True
            assert begin["seq"] == first[-1]["seq"]
            assert begin["session_id"] == first[0]["session_id"]
            assert begin["audio_bytes"] == 64_000
            rest = caller.finish(*pieces(speech[64_000:], 1280))
        assert len(sessions) == 0
    whole = first + rest
    assert [m["seq"] for m in whole] == list(range(1, len(whole) + 1))
    assert content(whole) == heard
    assert caller.code == 1000


def test_what_was_said_while_it_was_cut_is_waiting(
    engine: Engine, speech: bytes, heard: list[Message]
) -> None:
    with serving(engine, late_s=600.0) as running:
        sessions = running.server.service.sessions
        with running.call() as caller:
            begin = caller.next()
            with Recogniser(engine).held():
                caller.send(speech)
                caller.say("CloseStream")
                wait_for(lambda: sessions.conversations[0].intake.closing)
                cut(caller)
        wait_for(sessions.conversations[0].outlet.ending.done)
        with resume(running, begin) as caller:
            assert caller.next()["resumed"] is True
            messages = [begin, *caller.rest()]
    assert content(messages) == heard
    assert caller.code == 1000


def test_a_socket_whose_end_nobody_heard_of_gives_way(engine: Engine, sentence: bytes) -> None:
    with serving(engine, late_s=600.0) as running, running.call(TONE) as old:
        begin = old.next()
        old.send(sentence[:32_000])
        started = old.until("SpeechStarted")[-1]
        with resume(running, started, TONE) as new:
            again = new.next()
            assert again["resumed"] is True
            assert kinds(old.rest())[-1:] in ([], ["AudioSentiment"])
            assert old.code == 1008
            messages = new.finish(sentence[again["audio_bytes"] :])
        assert len(running.server.service.sessions) == 0
    assert begin["session_id"] == messages[-1]["session_id"]
    assert messages[-1]["audio_seconds"] == pytest.approx(3.45)
    assert kinds(messages[-2:]) == ["Summary", "Termination"]


def test_whoever_stays_away_is_given_up(engine: Engine) -> None:
    with serving(engine, resume_s=0.3) as running:
        sessions = running.server.service.sessions
        with running.call(TONE) as caller:
            begin = caller.next()
            assert begin["limits"]["resume_seconds"] == 0.3
            cut(caller)
        wait_for(lambda: len(sessions) == 0)
        with resume(running, begin, TONE) as caller:
            assert_new(caller, begin)


def assert_new(caller: Caller, begin: Message) -> None:
    fresh, warning = caller.next(), caller.next()
    assert (fresh["type"], fresh["resumed"], fresh["seq"]) == ("Begin", False, 1)
    assert fresh["audio_bytes"] == 0
    assert fresh["session_id"] != begin["session_id"]
    assert (warning["type"], warning["code"]) == ("Warning", "not_resumed")


def test_a_goodbye_is_no_cut(engine: Engine) -> None:
    with serving(engine) as running:
        with running.call(TONE) as caller:
            begin = caller.next()
        wait_for(lambda: len(running.server.service.sessions) == 0)
        with resume(running, begin, TONE) as caller:
            assert_new(caller, begin)


def test_only_whoever_began_it_may_go_on(engine: Engine) -> None:
    with serving(engine, keyring=Keyring.of(TOKENS)) as running:
        with running.call(TONE, Authorization=f"Bearer {TOKENS[0]}") as caller:
            begin = caller.next()
            cut(caller)
        with resume(running, begin, TONE) as caller:
            (error,) = caller.rest()
            assert (error["code"], caller.code) == ("unauthorized", 1008)
        with resume(running, begin, TONE, TOKENS[1]) as caller:
            assert_new(caller, begin)
        with resume(running, begin, TONE, TOKENS[0]) as caller:
            assert caller.next()["resumed"] is True


TOKENS = [new_token(), new_token()]


@pytest.mark.parametrize(
    ("change", "query"),
    [({"session_id": "guess"}, ""), ({"seq": 999}, ""), ({}, "sample_rate=8000"),
     ({}, "channels=2")],
)  # fmt: skip
def test_what_does_not_fit_begins_anew(
    engine: Engine, change: dict[str, object], query: str
) -> None:
    with serving(engine) as running, running.call(TONE) as old:
        begin = old.next()
        with resume(running, begin | change, f"{TONE}&{query}") as caller:
            assert_new(caller, begin)
        assert old.finish()[-1]["type"] == "Termination"  # and the other does not notice


def test_too_many_events_ago_begins_anew(engine: Engine) -> None:
    with serving(engine, resume_events=3) as running, running.call(TONE) as old:
        begin = old.next()
        for _ in range(6):
            old.say("Summary")
            old.next()
        with resume(running, begin, TONE) as caller:
            assert_new(caller, begin)


@pytest.mark.parametrize("seq", ["", "0", "-1", "x", "9" * 12])
def test_a_last_event_that_is_none_is_refused(server: Running, seq: str) -> None:
    with server.call(f"{TONE}&session_id=a&last_seq={seq}") as caller:
        (error,) = caller.rest()
    assert (error["code"], caller.code) == ("bad_request", 1003)


def test_a_session_that_was_cut_keeps_its_place_and_ends_with_the_server(engine: Engine) -> None:
    with serving(engine, max_streams=1) as running, client(running) as http:
        with running.call(TONE) as caller:
            caller.next()
            caller.send(bytes(32_000))
            wait_for(lambda: running.server.service.sessions.conversations[0].heard_s == 1.0)
            cut(caller)
        assert http.get("/readyz").json()["streams"]["open"] == 1
        with running.call(TONE) as other:
            assert other.next()["code"] == "full"
        # And the server does not wait for it when it goes down: the block ends at once.


@given(
    kept=st.integers(0, 20),
    waiting=st.integers(1, 20),
    count=st.integers(0, 60),
    seq=st.integers(0, 70),
)
def test_a_tail_knows_what_it_still_has(kept: int, waiting: int, count: int, seq: int) -> None:
    tail = ReplayBuffer(BufferBound(waiting, 1 << 20), BufferBound(kept, 1 << 20))
    for n in range(1, count + 1):
        tail.put(SpeechStarted(seq=n, channel=0, utterance_id=n, start=0.0))
    assert tail.follows(seq) == (max(0, count - waiting) <= seq <= count)
