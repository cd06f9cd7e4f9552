"""What holds for every protocol: the same utterances, and errors that each client understands."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial

import numpy as np
import pytest
import soxr
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.dialects.names import FOREIGN
from tests.dialects.coded import mulaw
from tests.dialects.peers import PEERS, Peer, Said
from tests.dialects.rounds import LOOPBACK
from tests.server.serving import Running, pieces, serving, wait_for

served = partial(serving, wyoming=LOOPBACK)
each = pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.name)


@pytest.fixture(scope="module")
def keeping(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    store = f"sqlite:///{tmp_path_factory.mktemp('kept')}/calls.db"
    with served(engine, store=store, late_s=600.0) as running:
        yield running


def test_every_protocol_is_here() -> None:
    assert {kind.name for kind in PEERS} == {*FOREIGN, "wyoming"}


def audio_of(kind: type[Peer], speech: bytes) -> list[bytes]:
    """The sample call's customer in the format of a protocol, in messages."""
    if "mulaw" not in kind.audio:
        return pieces(speech, 8000)
    narrow = soxr.resample(np.frombuffer(speech, np.int16), 16_000, 8_000).astype(np.int16)
    return pieces(mulaw(narrow), 800)


@pytest.fixture(scope="module")
def natively(keeping: Running, speech: bytes) -> Callable[[type[Peer]], list[Said]]:
    """What protocol v1 says of that audio."""
    said = cache(partial(heard, keeping))
    return lambda kind: said(kind.audio, tuple(audio_of(kind, speech)))


def heard(server: Running, query: str, audio: Sequence[bytes]) -> list[Said]:
    native = Peer(server)
    with native.call(query) as caller:
        native.send(caller, *audio)
        native.end(caller)
        return native.said(caller)


def refusal(peer: Peer, query: str, token: str = "", rate: int | None = None) -> str:
    """Why a stream cannot begin, in the protocol's own shape."""
    try:
        with peer.call(query, token) as caller:
            with suppress(ConnectionClosed, OSError):
                peer.begin(caller) if rate is None else peer.begin(caller, rate)
                peer.send(caller, bytes(320))
            return peer.problem(caller)
    except InvalidStatus as denied:
        return json.loads(denied.response.body or b"")["err_msg"]


@each
def test_the_same_audio_gives_the_same_utterances_and_scores(
    keeping: Running, speech: bytes, natively: Callable[[type[Peer]], list[Said]], kind: type[Peer]
) -> None:
    expected = natively(kind)
    assert len(expected) >= 4
    peer = kind(keeping, len(expected))
    with peer.call() as caller:
        peer.begin(caller)
        peer.send(caller, *audio_of(kind, speech))
        peer.end(caller)
        assert peer.said(caller) == expected


@each
def test_a_wrong_message_in_between_changes_nothing(
    keeping: Running, speech: bytes, natively: Callable[[type[Peer]], list[Said]], kind: type[Peer]
) -> None:
    expected = natively(kind)
    peer = kind(keeping, len(expected))
    first, *audio = audio_of(kind, speech)
    with peer.call() as caller:
        peer.begin(caller)
        peer.send(caller, first)
        caller.say_text(kind.rubbish)
        peer.send(caller, *audio)
        peer.end(caller)
        assert peer.said(caller) == expected


@each
def test_a_token_that_is_missing_or_wrong_is_told(engine: Engine, kind: type[Peer]) -> None:
    if not kind.tokens:
        pytest.skip("this protocol knows no tokens")
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        peer = kind(running)
        for wrong in ("", new_token()):
            assert "token" in refusal(peer, peer.query, wrong)
        with peer.call(token=token) as caller:
            peer.begin(caller)
            peer.send(caller, bytes(3200))
            wait_for(lambda: len(running.server.service.sessions) == 1)


@each
def test_an_absurd_rate_is_told(keeping: Running, kind: type[Peer]) -> None:
    told = refusal(kind(keeping), kind.impossible, rate=1)
    assert "rate" in told or "16000 Hz" in told
    assert "\n" not in told


@each
def test_a_message_that_is_too_big_ends_its_stream_alone(
    engine: Engine, speech: bytes, kind: type[Peer]
) -> None:
    audio = pieces(speech[: 32_000 * 8], 8000)
    with served(engine, max_frame_bytes=20_000, late_s=600.0) as running:
        peer, other = kind(running), Peer(running)
        with other.call() as beside:
            other.send(beside, *audio[:8])
            with peer.call() as caller:
                peer.begin(caller)
                peer.send_much(caller)
                assert peer.ended(caller) == 1009
            other.send(beside, *audio[8:])
            other.end(beside)
            assert other.said(beside) == heard(running, other.query, audio)


@each
def test_a_client_that_is_silent_is_let_go(engine: Engine, kind: type[Peer]) -> None:
    with served(engine, idle_timeout_s=0.3) as running:
        peer = kind(running)
        with peer.call() as caller:
            peer.begin(caller)
            peer.send(caller, bytes(1600))
            assert peer.ended(caller) in {4408, 1011}
        wait_for(lambda: len(running.server.service.sessions) == 0)


@each
def test_a_client_that_vanishes_frees_its_place(engine: Engine, kind: type[Peer]) -> None:
    with served(engine, max_streams=1) as running:
        peer = kind(running)
        with peer.call() as caller:
            peer.begin(caller)
            peer.send(caller, bytes(3200))
            wait_for(lambda: len(running.server.service.sessions) == 1)
            peer.vanish(caller)
        wait_for(lambda: len(running.server.service.sessions) == 0)


@each
def test_a_full_server_says_so(engine: Engine, kind: type[Peer]) -> None:
    with served(engine, max_streams=1) as running, Peer(running).call() as caller:
        caller.next()
        peer = kind(running)
        assert "all streams of this server are taken" in refusal(peer, peer.query)
