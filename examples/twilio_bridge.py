"""A Twilio call into Sentivox: Media Streams on one side, our socket on the other.

    sentivox serve
    uvicorn --app-dir examples --port 8080 twilio_bridge:app

Let your Twilio number's voice webhook point at https://YOUR-HOST/voice. Twilio then sends each
call as 8 kHz mu-law in base64 inside JSON; this bridge unwraps it, passes it on as it is, and
prints what comes back. SENTIVOX_URL and SENTIVOX_TOKEN name a server elsewhere.
Check X-Twilio-Signature before you put this on the internet.
"""

import asyncio
import base64
import os
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

import sentivox.client

URL = os.environ.get("SENTIVOX_URL", "ws://127.0.0.1:8000")
TOKEN = os.environ.get("SENTIVOX_TOKEN")

app = FastAPI()


@app.post("/voice")
async def voice(request: Request) -> Response:
    """Tell Twilio to send us the caller's voice, and to go on with the call."""
    host = request.headers["host"]
    twiml = (
        f'<Response><Start><Stream url="wss://{host}/media" track="inbound_track"/></Start>'
        "<Say>How can we help you?</Say><Pause length='60'/></Response>"
    )
    return Response(twiml, media_type="application/xml")


@app.websocket("/media")
async def media(socket: WebSocket) -> None:
    """One call."""
    await socket.accept()
    started = await first(socket, "start")
    name, form = started["callSid"], started["mediaFormat"]
    async with sentivox.client.connect(
        URL, sample_rate=form["sampleRate"], encoding="mulaw", token=TOKEN
    ) as stream:
        sending = asyncio.create_task(send(socket, stream))
        async for event in stream:
            if isinstance(event, sentivox.Utterance) and event.final:
                print(name, f"{event.start:.1f} s", event.fused_score, event.transcript, flush=True)
            elif isinstance(event, sentivox.Summary):
                print(name, "mean", event.overall.mean_score, flush=True)
        await sending


async def first(socket: WebSocket, kind: str) -> dict:
    """The content of the first message of this kind."""
    while (message := await socket.receive_json())["event"] != kind:
        pass
    return message[kind]


async def send(socket: WebSocket, stream: sentivox.client.ClientStream) -> None:
    """The call's audio, and that it has ended."""
    async for audio in calls_audio(socket):
        await stream.send(audio)
    await stream.close()


async def calls_audio(socket: WebSocket) -> AsyncIterator[bytes]:
    """The call's mu-law bytes, until it ends."""
    try:
        while (message := await socket.receive_json())["event"] != "stop":
            if message["event"] == "media":
                yield base64.b64decode(message["media"]["payload"])
    except WebSocketDisconnect:
        return
