"""Why a socket is closed: a code, and a reason in words that says what to do."""

from typing import Any

import pytest

from sentivox.engine.engine import Engine
from sentivox.protocol import close_codes
from sentivox.protocol.close_codes import reason
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.ws.mistakes import MAX_MISTAKES
from tests.server.serving import Caller, Running, kinds, only, serving

TONE = "modalities=audio"
WRONG = ['{"type":', "hello", "[1]", "{}", '{"type":"Configure","modalities":["smell"]}']


def why(caller: Caller) -> tuple[int | None, str]:
    """How the server closed."""
    return caller.code, caller.socket.protocol.close_reason or ""


@pytest.mark.parametrize("wrong", WRONG)
def test_ten_wrong_messages_end_the_session(server: Running, wrong: str) -> None:
    with server.call(TONE) as caller:
        caller.next()
        for _ in range(MAX_MISTAKES):
            caller.socket.send(wrong)
        said = caller.rest()
        assert [m["fatal"] for m in said] == [False] * MAX_MISTAKES + [True]
        assert said[-1]["code"] == "too_many_errors"
        assert why(caller) == (1003, said[-1]["message"])
    assert "/docs" in said[-1]["message"]


def test_nine_do_not_and_what_is_right_in_between_changes_nothing(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        for _ in range(MAX_MISTAKES - 1):
            caller.socket.send("hello")
            caller.say("KeepAlive")
        said = caller.finish()
        assert kinds(said) == ["Error"] * (MAX_MISTAKES - 1) + ["Summary", "Termination"]
        assert why(caller) == (1000, "")


def test_unknown_messages_are_told_once_a_kind_however_many_come(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        for _ in range(50):
            caller.say("Ping")
            caller.say("Pong")
        said = caller.finish()
        assert kinds(said) == ["Warning", "Warning", "Summary", "Termination"]
        assert ["'Ping'" in said[0]["message"], "'Pong'" in said[1]["message"]] == [True, True]


def test_a_flood_of_ever_new_unknown_messages_ends_the_session(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        for number in range(3 * MAX_MISTAKES):
            caller.say(f"Unheard{number}")
        said = caller.rest()
        assert kinds(said) == ["Warning"] * MAX_MISTAKES + ["Error"]
        assert (said[-1]["code"], caller.code) == ("too_many_errors", 1003)


def test_a_configure_that_is_too_late_is_told_once(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.send(bytes(32000))
        for _ in range(2 * MAX_MISTAKES):
            caller.say("Configure", language="en")
        said = caller.finish()
        assert [m["code"] for m in only(said, "Warning")] == ["too_late"]
        assert kinds(said)[-1] == "Termination"


@pytest.mark.parametrize(
    ("query", "headers", "code", "says"),
    [
        ("encoding=opus", {}, 1003, "linear16"),
        ("channels=9", {}, 1003, "1 or 2"),
        (TONE, {"Origin": "https://a.example"}, 1008, "--allow-origin https://a.example"),
        (TONE, {"Origin": "null"}, 1008, "serve them"),
        (TONE, {"Origin": "https://" + "ä" * 50}, 1008, "--allow-origin ORIGIN"),
        (TONE, {"Origin": f"https://{'a' * 300}.example"}, 1008, "may not connect"),
    ],
)
def test_a_refusal_says_in_its_reason_what_to_do(
    server: Running, query: str, headers: dict[str, Any], code: int, says: str
) -> None:
    with server.call(query, **headers) as caller:
        (error,) = caller.rest()
        assert says in error["message"]
        assert "\n" not in error["message"]
        assert why(caller) == (code, reason(error["message"]))


def test_a_token_that_is_missing_or_wrong_has_a_reason(engine: Engine) -> None:
    with serving(engine, keyring=Keyring.of([new_token()])) as running:
        with running.call(TONE) as caller:
            caller.rest()
            assert why(caller)[0] == 1008
            assert "Authorization: Bearer TOKEN" in why(caller)[1]
        with running.call(TONE, Authorization=f"Bearer {new_token()}") as caller:
            caller.rest()
            assert "check it with" in why(caller)[1]


def test_too_big_idle_full_and_draining_have_reasons(engine: Engine) -> None:
    with serving(engine, max_streams=1) as running:
        with running.call(TONE) as caller:
            caller.send(bytes(2 << 20))
            caller.rest()
            assert why(caller)[0] == 1009
            assert "send less at a time" in why(caller)[1]
        with running.call(TONE) as caller:
            caller.next()
            with running.call(TONE) as second:
                second.rest()
                assert why(second)[0] == 1013
                assert "try again soon" in why(second)[1]
    with serving(engine, idle_timeout_s=0.2) as running, running.call(TONE) as caller:
        caller.rest()
        assert why(caller)[0] == 4408
        assert "send one or the other" in why(caller)[1]
    with serving(engine) as running, running.call(TONE) as caller:
        caller.next()
        running.server.should_exit = True
        caller.rest()
        assert why(caller) == (1012, close_codes.SHUTTING_DOWN)


def test_a_bug_has_a_reason(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(engine) as running, running.call(TONE) as caller:
        caller.next()
        (conversation,) = running.server.service.sessions.conversations
        monkeypatch.setattr(conversation, "_hear", None)
        caller.send(bytes(32000))
        assert caller.rest()[-1]["code"] == "internal"
        assert why(caller) == (1011, close_codes.MISTAKE)


def test_who_is_replaced_is_told_by_whom(server: Running) -> None:
    with server.call(TONE) as first:
        begin = first.next()
        back = f"{TONE}&session_id={begin['session_id']}&last_seq=1"
        with server.call(back) as second:
            assert second.next()["resumed"] is True
            first.rest()
            assert why(first) == (1008, close_codes.REPLACED)
            second.finish()


@pytest.mark.parametrize("text", ["short", "a" * 123, "a" * 124, "ä" * 100, "语" * 200, "😀" * 60])
def test_a_reason_fits_a_close_frame(text: str) -> None:
    shortened = reason(text)
    assert len(shortened.encode()) <= 123
    if len(text.encode()) <= 123:
        assert shortened == text
    else:
        assert shortened.endswith("…")
        assert text.startswith(shortened[:-1])
        assert len(shortened.encode()) > 115


@pytest.mark.parametrize("name", ["MISTAKE", "REPLACED", "SHUTTING_DOWN", "UNREAD"])
def test_our_own_reasons_are_whole(name: str) -> None:
    text = getattr(close_codes, name)
    assert reason(text) == text
