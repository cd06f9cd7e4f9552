"""Pages of other origins over HTTP: those that may connect may also read what they ask for."""

import httpx
import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import client, serving

FRIEND = "https://friend.example"
WANTED = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.parametrize("origin", [FRIEND, "http://localhost:3000", "https://[::1]:8443"])
def test_a_page_that_may_connect_may_post_and_read(engine: Engine, origin: str) -> None:
    token = new_token()
    keyring, friends = Keyring.of([token]), (FRIEND,)
    with (
        serving(engine, keyring=keyring, allowed_origins=friends, root_path="/sentivox") as running,
        client(running) as http,
    ):
        asked = http.options("/sentivox/v1/analyze", headers={"Origin": origin, **WANTED})
        assert asked.status_code == 200
        assert asked.headers["Access-Control-Allow-Origin"] == origin
        assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
        assert "POST" in asked.headers["Access-Control-Allow-Methods"]
        bearer = {"Origin": origin, "Authorization": f"Bearer {token}"}
        for answer in (
            http.post("/sentivox/v1/ticket", headers=bearer),
            http.get("/sentivox/v1/models", headers=bearer),
            http.get("/sentivox/v1/models", headers={"Origin": origin}),  # why not, too
            http.get("/sentivox/nowhere", headers={"Origin": origin}),
        ):
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1:1.evil.x",
     "http://127x0x0x1", "ftp://localhost"],
)  # fmt: skip
def test_other_pages_may_not(http: httpx.Client, origin: str) -> None:
    asked = http.options("/v1/analyze", headers={"Origin": origin, **WANTED})
    assert asked.status_code == 400
    for answer in (asked, http.get("/v1/models", headers={"Origin": origin})):
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert http.post("/v1/ticket", headers={"Origin": origin}).status_code == 403
