"""Calls by Twilio: who said what, and how it sounded, as soon as it is known.

    SENTIVOX_TWILIO_AUTH_TOKEN=… sentivox serve --store sqlite:///calls.db --public-url https://YOUR-HOST
    python examples/twilio_calls.py

Let the voice webhook of your Twilio number point at https://YOUR-HOST/twilio/voice?dial=%2B15551234567,
which sends both sides of each call to the server and calls that number. SENTIVOX_URL and
SENTIVOX_TOKEN name a server elsewhere.
"""

import json
import os
from urllib.request import Request, urlopen

URL = os.environ.get("SENTIVOX_URL", "http://127.0.0.1:8000")
TOKEN = os.environ.get("SENTIVOX_TOKEN", "")


def get(path: str) -> dict:
    """What the server answers."""
    with urlopen(Request(URL + path, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
        return json.load(answer)


for session in get("/v1/sessions")["sessions"]:
    calls = [tag for tag in session["tags"] if tag.startswith("call:")]
    if calls:
        print(*calls, session["started"], "ended" if session["ended"] else "goes on")
        sides = get(f"/v1/sessions/{session['id']}")["channels"]
        said = [(u["start"], side["name"], u) for side in sides for u in side["utterances"]]
        for start, name, u in sorted(said, key=lambda one: one[:2]):
            print(f"{start:8.1f} {name:8} {u['fused_score'] or 0.0:+.2f} {u['transcript']}")
