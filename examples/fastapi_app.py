"""Sentivox inside a FastAPI application of yours, in the same process.

uvicorn --app-dir examples fastapi_app:app
curl -F file=@call.wav http://127.0.0.1:8000/calls
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, HTTPException, Request, UploadFile, WebSocket, WebSocketDisconnect

import sentivox
from sentivox.errors import AudioError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models once, for all requests."""
    with sentivox.Analyzer() as analyzer:
        app.state.analyzer = analyzer
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/calls")
async def hear_call(request: Request, file: UploadFile) -> dict[str, Any]:
    """A recording: its mood, and where it turned."""
    with tempfile.NamedTemporaryFile() as copy:
        while data := await file.read(1 << 20):
            copy.write(data)
        copy.flush()
        try:
            analysis = request.app.state.analyzer.analyze(copy.name)
            async for _ in analysis:  # leaves the event loop free
                pass
        except AudioError:
            raise HTTPException(415, f"{file.filename} is not audio") from None
        summary = analysis.result().summary
    return {
        "mean": summary.overall.mean_score,
        "turning_points": msgspec.to_builtins(summary.turning_points),
    }


@app.websocket("/live")
async def hear_live(socket: WebSocket) -> None:
    """16-bit 16 kHz mono as binary messages, an empty one at the end; a score an utterance."""
    await socket.accept()

    async def audio() -> AsyncIterator[bytes]:
        while data := await socket.receive_bytes():
            yield data

    try:
        async for event in socket.app.state.analyzer.listen(audio()):
            if isinstance(event, sentivox.Utterance):
                await socket.send_json({"words": event.transcript, "score": event.fused_score})
        await socket.close()
    except WebSocketDisconnect:
        return
