"""The pages: whole, from this server alone, and never stale."""

import re

import httpx

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.server.serving import client, serving

COMMENTS = re.compile(r"<pre>.*?</pre>|/\*.*?\*/|//[^\n]*", re.DOTALL)


def test_the_pages_come_whole_from_this_server(http: httpx.Client) -> None:
    seen: set[str] = set()
    waiting = {"/", "/docs"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = http.get(path)
        assert answer.status_code == 200, path
        if path != "/openapi.json":
            assert answer.headers["Cache-Control"] == "no-cache"  # an upgrade shows at once
        text = answer.text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
        shown = COMMENTS.sub("", text)
        assert not re.search(r"(https?|wss?):", shown.replace("ws: wss:", "")), path
        links = re.findall(
            r"""(?:src|href)="([^"#]+)"|(?:import .* from|addModule\()\s*"([^"]+)\"""", text
        )
        paths = {(a or b).replace("./", "/static/") for a, b in links}
        assert all(link.startswith("/") for link in paths), paths
        waiting |= paths - seen
    assert {"/static/app.js", "/static/docs.js", "/static/sentivox.js", "/openapi.json"} <= seen
    for page in ("/", "/docs", "/docs/protocol"):
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
