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
        for said in get(f"/v1/sessions/{session['id']}/utterances")["utterances"]:
            side, score = session["speakers"][said["channel"]], said["fused_score"] or 0.0
            print(f"{said['start']:8.1f} {side} {score:+.2f} {said['transcript']}")
