"""The pages: whole, from this server alone, and never stale."""

import httpx

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.server.crawl import crawl
from tests.server.serving import client, serving


def test_the_pages_come_whole_from_this_server(http: httpx.Client) -> None:
    seen = crawl(http, "/", "/docs", "/history")
    names = (
        "app.js",
        "history.js",
        "docs.js",
        "sentivox.js",
        "capture.js",
        "protocol.js",
        "style.css",
    )
    assert {f"/static/{name}" for name in names} <= seen
    assert {"/", "/history", "/docs", "/docs/protocol", "/openapi.json", "/asyncapi.json"} <= seen
    for page in ("/", "/history", "/docs", "/docs/protocol"):
        policy = http.get(page).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'")


def test_the_charts_library_is_the_one_that_is_installed(http: httpx.Client) -> None:
    answer = http.get("/vendor/plotly.min.js")
    assert answer.status_code == 200
    assert "plotly.js v" in answer.text[:200]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_sample_is_offered_where_there_is_one(engine: Engine, http: httpx.Client) -> None:
    assert http.get("/sample").status_code == 404
    with serving(engine, sample=CALL) as running, client(running) as other:
        assert other.head("/sample").status_code == 200
        assert other.get("/sample").content == CALL.read_bytes()
