"""The pages: whole, from this server alone, and never stale."""

import httpx

from sentivox.engine.engine import Engine
from sentivox.look import FILES
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
        "tokens.css",
        "chart.json",
    )
    assert {f"/static/{name}" for name in names} <= seen
    assert {"/", "/history", "/docs", "/docs/protocol", "/openapi.json", "/asyncapi.json"} <= seen
    for page in ("/", "/history", "/docs", "/docs/protocol"):
        policy = http.get(page).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'")


def test_the_looks_are_those_of_the_reports(http: httpx.Client) -> None:
    for name in ("tokens.css", "parts.css", "chart.css", "chart.json"):
        answer = http.get(f"/static/{name}")
        assert answer.text == (FILES / name).read_text()
        assert answer.headers["Cache-Control"] == "no-cache"
    assert http.get("/static/__init__.py").status_code == 404


def test_the_sample_is_offered_where_there_is_one(engine: Engine, http: httpx.Client) -> None:
    assert http.get("/sample").status_code == 404
    with serving(engine, sample=CALL) as running, client(running) as other:
        assert other.head("/sample").status_code == 200
        assert other.get("/sample").content == CALL.read_bytes()
