"""The proxies' files, in front of a real server, with TLS and a stream through them."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from tests.deploy.proxies import NAME, Proxy, caddy, free_port, nginx, running
from tests.server.serving import Caller, call_audio, kinds, serving

TOKEN = new_token()


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_a_stream_passes_with_tls_and_token(proxy: Proxy, engine: Engine, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    (tmp_path / "fullchain.pem").write_bytes(b"".join(p.bytes() for p in issued.cert_chain_pems))
    (tmp_path / "privkey.pem").write_bytes(issued.private_key_pem.bytes())
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    hosts: dict[str, Any] = {"allowed_hosts": (NAME,), "allowed_origins": (f"https://{NAME}",)}
    port = free_port()
    with serving(engine, keyring=Keyring.of([TOKEN]), late_s=600.0, **hosts) as server:
        command = proxy(port, server.address, tmp_path)
        with running(command, port, tmp_path):
            bearer = {"Authorization": f"Bearer {TOKEN}", "Origin": f"https://{NAME}"}
            url = f"wss://{NAME}:{port}/v1/stream"
            with Caller(
                url, bearer, ssl=trust, sock=socket.create_connection(("127.0.0.1", port))
            ) as caller:
                heard = kinds(caller.finish(call_audio(3.0, 6.45)))
            assert heard[0] == "Begin"
            assert heard[-3:] == ["Utterance", "Summary", "Termination"]
