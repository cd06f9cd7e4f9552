"""Follows the pages' links as a browser would."""

import re
from urllib.parse import urljoin

import httpx

COMMENTS = re.compile(r"<pre>.*?</pre>|/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
LINKS = re.compile(
    r"""(?:src|href)="([^"#]+)"|(?:import .* from|new URL\()\s*"([^"]+)\"(, (?:import|ROOT))?"""
)


def crawl(http: httpx.Client, *pages: str) -> set[str]:
    """The paths of these pages and of all that they link to, import and load.

    Each is there, names no other server and is asked for anew after an upgrade.
    """
    root, seen, waiting = pages[0], set[str](), set(pages)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers.get("Cache-Control") in {"no-cache", "no-store"}, path
        if path.endswith("/openapi.json"):
            continue
        text = answer.text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
        shown = COMMENTS.sub("", text).replace('"http://127.0.0.1:8000/"', "")  # of the examples
        assert not re.search(r"(https?|wss?):", shown), path
        for link, name, base in LINKS.findall(COMMENTS.sub("", text)):
            if base or link or name.startswith("."):
                below = root if base == ", ROOT" else path
                waiting.add(urljoin(below, link or name))
        waiting -= {*seen, urljoin(root, "sample")}  # not every server has one
    return seen
