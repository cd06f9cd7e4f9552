"""Requests through real sockets: certificates, rebinding, and receivers that mean no good."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trustme

from sentivox.outbound.addresses import Allowed
from sentivox.outbound.failure import NoAnswer
from sentivox.outbound.post import MAX_ANSWER_BYTES, Answer, SafePost
from sentivox.outbound.resolver import SystemResolver
from sentivox.outbound.target import Target
from tests.outbound.receivers import (
    NAME,
    Behave,
    Names,
    answers,
    drips,
    floods,
    hangs,
    hangs_in_the_body,
    receiving,
    resets,
)

INSIDE = Allowed(frozenset({NAME}), http=True)
HOME = [["127.0.0.1"]]


def names() -> Names:
    return Names(hook_example=HOME)


async def posted(behave: Behave, **options: Any) -> Answer:
    """What a receiver's answer is taken for."""
    async with receiving(behave) as receiver:
        post = SafePost(INSIDE, resolve=names(), **options)
        target = Target.parse(f"http://{NAME}:{receiver.port}/in", INSIDE)
        return await post(target, b"{}", {})


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 300))


def no_answer(work: Coroutine[Any, Any, Any]) -> NoAnswer:
    with pytest.raises(NoAnswer) as failed:
        run(work)
    assert "\n" not in str(failed.value)
    return failed.value


def test_the_request_is_as_the_name_has_it() -> None:
    async def ask() -> None:
        async with receiving(answers(200, headers="Retry-After: 7\r\n")) as receiver:
            target = Target.parse(f"http://{NAME}:{receiver.port}/in?a=1", INSIDE)
            answer = await SafePost(INSIDE, resolve=names())(target, b"[1]", {"x-own": "2"})
        assert (answer.status, answer.body, answer.whole) == (200, b"ok", True)
        assert answer.headers["retry-after"] == "7"
        (request,) = receiver.requests
        assert (request.line, request.body) == ("POST /in?a=1 HTTP/1.1", b"[1]")
        assert request.headers["host"] == f"{NAME}:{receiver.port}"
        assert request.headers["x-own"] == "2"
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"].startswith("sentivox/")

    run(ask())


class Tls:
    """A certificate authority, and receivers with certificates of it."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.asked: list[str | None] = []

    def server(self, name: str, authority: trustme.CA | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (authority or self.authority).issue_cert(name).configure_cert(context)
        context.sni_callback = lambda _, sni, __: self.asked.append(sni)
        return context

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    async def posted(self, server: ssl.SSLContext, url: str = f"https://{NAME}:%d/") -> Answer:
        allowed = Allowed(frozenset({NAME, "127.0.0.1"}))
        async with receiving(answers(200), server) as receiver:
            post = SafePost(allowed, resolve=names(), trust=self.client())
            return await post(Target.parse(url % receiver.port, allowed), b"{}", {})


def test_a_certificate_is_checked_against_the_name_and_the_name_is_asked_for() -> None:
    tls = Tls()
    assert run(tls.posted(tls.server(NAME))).status == 200
    assert tls.asked == [NAME]


@pytest.mark.parametrize(
    ("name", "own", "why"),
    [
        ("other.example", True, "Hostname mismatch"),
        ("127.0.0.1", True, "Hostname mismatch"),  # the address it leads to is not the name
        (NAME, False, "unable to get local issuer"),
    ],
)
def test_a_bad_certificate_is_refused(name: str, own: bool, why: str) -> None:
    tls = Tls()
    server = tls.server(name, tls.authority if own else trustme.CA())
    failed = no_answer(tls.posted(server))
    assert failed.kind == "tls"
    assert f"{NAME}: its certificate is not valid: " in str(failed)
    assert why in str(failed)


def test_a_receiver_without_tls_is_no_receiver_with_tls() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def ask() -> Answer:
        allowed = Allowed(frozenset({NAME}))
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            target = Target.parse(f"https://{NAME}:{port}/", allowed)
            return await SafePost(allowed, resolve=names())(target, b"{}", {})

    assert no_answer(ask()).kind == "tls"


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"], ["::ffff:7f00:1"], ["::1"]],
)
def test_no_connection_is_made_to_a_name_that_leads_inside(found: list[str]) -> None:
    async def ask() -> int:
        async with receiving(answers(200)) as receiver:
            post = SafePost(Allowed(http=True), resolve=Names(hook_example=[found]))
            target = Target.parse(f"http://{NAME}:{receiver.port}/", Allowed(http=True))
            with pytest.raises(NoAnswer, match="not a public address"):
                await post(target, b"{}", {})
            return receiver.connections

    assert run(ask()) == 0


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "017700000001"])
def test_spellings_of_the_loopback_are_found_out_by_the_systems_resolver(host: str) -> None:
    async def ask() -> int:
        async with receiving(answers(200)) as receiver:
            target = Target.parse(f"http://{host}:{receiver.port}/", Allowed(http=True))
            with pytest.raises(NoAnswer, match="not a public address"):
                await SafePost(Allowed(http=True))(target, b"{}", {})
            return receiver.connections

    assert run(ask()) == 0


def test_a_name_is_looked_up_once_so_that_rebinding_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the first lookup the name is harmless; at every later one it would lead elsewhere."""
    by_the_system: list[object] = []
    looked_up = socket.getaddrinfo

    def record(host: object, *rest: Any, **named: Any) -> Any:
        by_the_system.append(host)
        return looked_up(host, *rest, **named)  # type: ignore[arg-type]

    async def ask() -> None:
        async with receiving(answers(200)) as receiver:
            rebinding = Names(hook_example=[["127.0.0.1"], ["127.0.0.2"]])
            allowed = Allowed(networks=INSIDE.networks, http=True, hosts=frozenset({NAME}))
            target = Target.parse(f"http://{NAME}:{receiver.port}/", allowed)
            monkeypatch.setattr(socket, "getaddrinfo", record)
            answer = await SafePost(allowed, resolve=rebinding)(target, b"{}", {})
        assert answer.status == 200
        assert rebinding.asked == [NAME]
        assert NAME not in by_the_system

    run(ask())


def test_the_next_address_is_tried_if_one_does_not_answer() -> None:
    async def ask() -> Answer:
        async with receiving(answers(200)) as receiver:
            # Nobody listens on the others, and this machine may have no IPv6 at all.
            both = Names(hook_example=[["::1", "::1", "::1", "127.0.0.2", "127.0.0.1"]])
            target = Target.parse(f"http://{NAME}:{receiver.port}/", INSIDE)
            return await SafePost(INSIDE, resolve=both)(target, b"{}", {})

    assert run(ask()).status == 200


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = Target.parse(f"http://{NAME}:{taken.getsockname()[1]}/", INSIDE)
        failed = no_answer(SafePost(INSIDE, resolve=names())(target, b"{}", {}))
    assert failed.kind == "connect"
    assert "cannot be reached: " in str(failed)


@pytest.mark.parametrize("behave", [hangs, drips])
def test_who_does_not_answer_in_time_is_given_up(behave: Behave) -> None:
    failed = no_answer(posted(behave, deadline_s=0.5))
    assert (failed.kind, str(failed)) == ("timeout", f"{NAME} did not answer in 0.5 s")


def test_a_lookup_that_hangs_counts_in_the_deadline() -> None:
    async def never(_: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    target = Target.parse(f"http://{NAME}/", INSIDE)
    failed = no_answer(SafePost(INSIDE, resolve=never, deadline_s=0.2)(target, b"{}", {}))
    assert failed.kind == "timeout"


def test_a_body_that_does_not_end_is_cut_and_the_status_counts() -> None:
    answer = run(posted(hangs_in_the_body, deadline_s=1.0))
    assert (answer.status, answer.body, answer.whole) == (200, b"half", False)


def test_of_a_huge_answer_little_is_read() -> None:
    sent: list[int] = []
    answer = run(posted(floods(sent)))
    assert (answer.status, len(answer.body), answer.whole) == (200, MAX_ANSWER_BYTES, False)
    assert sent[0] < 100_000_000  # what the kernel's buffers take


def test_a_reset_is_told() -> None:
    assert no_answer(posted(resets)).kind == "http"


def test_what_is_not_http_is_told() -> None:
    async def greets(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n" * 3)
        await writer.drain()

    assert no_answer(posted(greets)).kind == "http"


def test_redirects_are_not_followed() -> None:
    async def ask() -> None:
        async with receiving(answers(302, headers=f"Location: http://{NAME}/\r\n")) as receiver:
            target = Target.parse(f"http://{NAME}:{receiver.port}/", INSIDE)
            answer = await SafePost(INSIDE, resolve=names())(target, b"{}", {})
        assert answer.status == 302
        assert receiver.connections == 1

    run(ask())


def test_proxies_and_passwords_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {NAME} login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    seen: list[dict[str, str]] = []

    async def notes(request: Any, writer: asyncio.StreamWriter) -> None:
        seen.append(request.headers)
        await answers(200)(request, writer)

    assert run(posted(notes)).status == 200
    assert "authorization" not in seen[0]


def test_a_compressed_answer_is_left_as_it_is() -> None:
    bomb = answers(200, headers="Content-Encoding: gzip\r\n", body=b"not gzip at all")
    assert run(posted(bomb)).body == b"not gzip at all"


def test_unknown_names_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    target = Target.parse("https://nowhere.example/", Allowed())
    failed = no_answer(SafePost(Allowed())(target, b"{}", {}))
    assert (failed.kind, str(failed)) == (
        "dns",
        "nowhere.example cannot be found: Name or service not known",
    )


def test_a_name_is_looked_up_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup that hangs takes one thread, however often its name is wanted."""
    let_go, asked = _hanging(monkeypatch)

    async def look_up() -> list[list[str]]:
        resolver = SystemResolver()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolver("slow.example"), 0.1)
        waiting = [asyncio.create_task(resolver("slow.example")) for _ in range(5)]
        other = await resolver("quick.example")
        let_go()
        return [other, *await asyncio.gather(*waiting)]

    assert run(look_up()) == [["1.1.1.1"]] * 6
    assert asked == ["slow.example", "quick.example"]


def _hanging(monkeypatch: pytest.MonkeyPatch) -> tuple[Callable[[], None], list[str]]:
    from threading import Event

    going, asked = Event(), list[str]()

    def look_up(host: str, *_: object, **__: object) -> Any:
        asked.append(host)
        if host.startswith("slow"):
            going.wait(300)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 0))] * 2

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return going.set, asked
