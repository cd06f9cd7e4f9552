"""A client of each protocol, as small as it can be, for tests that ask the same of all."""

import base64
import json
from typing import Any
from uuid import uuid4

from tests.dialects.rounds import SPEECH, Client
from tests.server.serving import Caller, Message, Running, client, only, wait_for

Said = tuple[str, float]
"""What was said in an utterance, and its fused score."""


class Peer:
    """A client of protocol v1, from which the others differ.

    Attributes:
        name: Name of the protocol.
        path: Where it is served.
        query: Of its streams.
        impossible: Query of a stream at a rate that there is not.
        rubbish: A message that is none of the protocol's.
        audio: The same stream in protocol v1: a query.
        tokens: Whether its clients can send one.
    """

    name = "v1"
    path = "/v1/stream"
    query = "sample_rate=16000"
    impossible = "sample_rate=1"
    rubbish = '{"type": "Sing"}'
    audio = "sample_rate=16000"
    tokens = True

    def __init__(self, server: Running, expected: int = 0) -> None:
        self.server = server
        self.expected = expected  # the number of utterances

    def call(self, query: str | None = None, token: str = "") -> Any:
        """Open a socket."""
        asked = self.query if query is None else query
        url = f"ws://{self.server.address}{self.path}?{asked}"
        return Caller(url, self.key(token) if token else {})

    def key(self, token: str) -> dict[str, str]:
        """Headers with a token."""
        return {"Authorization": f"Bearer {token}"}

    def begin(self, caller: Caller, rate: int = 0) -> None:
        """Say and hear what comes before the audio; of this rate in Hz, if it is said there."""

    def send(self, caller: Caller, *audio: bytes) -> None:
        """Send audio."""
        caller.send(*audio)

    def end(self, caller: Caller) -> None:
        """Say that no audio follows."""
        caller.say("CloseStream")

    def said(self, caller: Caller) -> list[Said]:
        """The utterances until the end."""
        told = [m for m in only(caller.rest(), "Utterance") if m["final"]]
        return [(u["transcript"], u["fused_score"]) for u in told]

    def problem(self, caller: Caller) -> str:
        """What is wrong, once the server has told it."""
        return only(caller.rest(), "Error")[-1]["message"]

    def send_much(self, caller: Caller) -> None:
        """Send a message that is too big."""
        caller.send(bytes(40_000))

    def ended(self, caller: Caller) -> int:
        """Wait until the server ends the stream; returns the close code."""
        caller.rest()
        assert caller.code is not None
        return caller.code

    def vanish(self, caller: Caller) -> None:
        """Leave without a word."""
        caller.socket.socket.close()


class AssemblyAI(Peer):
    name = "assemblyai"
    path = "/v3/ws"

    def key(self, token: str) -> dict[str, str]:
        return {"Authorization": token}

    def end(self, caller: Caller) -> None:
        caller.say("Terminate")

    def said(self, caller: Caller) -> list[Said]:
        told = [m for m in only(caller.rest(), "Turn") if m["end_of_turn"]]
        return [(turn["transcript"], turn["sentiment"]["score"]) for turn in told]

    def problem(self, caller: Caller) -> str:
        return only(caller.rest(), "Error")[-1]["error"]


class Deepgram(Peer):
    name = "deepgram"
    path = "/v1/listen"
    query = "encoding=linear16&sample_rate=16000"
    impossible = "encoding=linear16&sample_rate=1"

    def key(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Token {token}"}

    def said(self, caller: Caller) -> list[Said]:
        told = [m["channel"]["alternatives"][0] for m in only(caller.rest(), "Results")]
        return [(best["transcript"], best["sentiment_score"]) for best in told]

    def problem(self, caller: Caller) -> str:
        assert caller.rest() == []
        return caller.reason


class Hume(Peer):
    name = "hume"
    path = "/v1/expression/audio/realtime"
    query = impossible = ""

    def key(self, token: str) -> dict[str, str]:
        return {"X-Hume-Api-Key": token}

    def begin(self, caller: Caller, rate: int = 16_000) -> None:
        caller.say("session.update", audio={"sample_rate": rate})

    def end(self, caller: Caller) -> None:
        caller.say("session.close")

    def said(self, caller: Caller) -> list[Said]:
        told = [m["sentivox"] for m in only(caller.rest(), "utterance.end") if m["sentivox"]]
        return [(one["transcript"], one["sentiment"]["score"]) for one in told]

    def problem(self, caller: Caller) -> str:
        return only(caller.rest(), "error")[-1]["message"]


class OpenAI(Peer):
    name = "openai"
    path = "/v1/realtime"
    query = impossible = "intent=transcription"
    rubbish = '{"type": "sing"}'

    def begin(self, caller: Caller, rate: int = 16_000) -> None:
        sound = {"format": {"type": "audio/pcm", "rate": rate}}
        caller.say("session.update", session={"type": "transcription", "audio": {"input": sound}})

    def send(self, caller: Caller, *audio: bytes) -> None:
        for piece in audio:
            caller.say("input_audio_buffer.append", audio=base64.b64encode(piece).decode())

    def end(self, caller: Caller) -> None:
        caller.say("input_audio_buffer.commit")

    def said(self, caller: Caller) -> list[Said]:
        told: list[Message] = []
        while len(told) < self.expected:  # such a stream has no end of its own
            told += only([caller.next()], "conversation.item.input_audio_transcription.completed")
        return [(m["transcript"], m["sentiment"]["score"]) for m in told]

    def problem(self, caller: Caller) -> str:
        return caller.until("error")[-1]["error"]["message"]


class Vosk(Peer):
    name = "vosk"
    path = "/vosk"
    rubbish = '{"sing": 1}'

    def send(self, caller: Caller, *audio: bytes) -> None:
        caller.send(*audio)
        self._answers = [caller.next() for _ in audio]

    def end(self, caller: Caller) -> None:
        caller.say_text('{"eof": 1}')

    def said(self, caller: Caller) -> list[Said]:
        (last,) = caller.rest()
        told = [answer for answer in self._answers if "text" in answer] + last["utterances"]
        return [(u["text"], u["sentiment"]["score"]) for u in told]

    def problem(self, caller: Caller) -> str:
        assert caller.rest() == []
        return caller.reason


class Xiaozhi(Peer):
    name = "xiaozhi"
    path = "/xiaozhi/v1/"
    query = impossible = ""

    def begin(self, caller: Caller, rate: int = 16_000) -> None:
        audio = {"format": "pcm", "sample_rate": rate, "channels": 1}
        caller.say("hello", version=1, audio_params=audio)

    def end(self, caller: Caller) -> None:
        caller.say("goodbye")

    def said(self, caller: Caller) -> list[Said]:
        told = only(caller.rest(), "stt")
        return [(m["text"], m["sentiment"]["score"]) for m in told]

    def problem(self, caller: Caller) -> str:
        return only(caller.rest(), "alert")[-1]["message"]


class Vonage(Peer):
    """Telephony services are told nothing: what was said is in the store."""

    name = "vonage"
    path = "/vonage/media"
    query = impossible = ""
    rubbish = '{"event": "sing"}'

    def __init__(self, server: Running, expected: int = 0) -> None:
        super().__init__(server, expected)
        self._call_id = uuid4().hex

    def begin(self, caller: Caller, rate: int = 16_000) -> None:
        form = f"audio/l16;rate={rate:04}"
        begin = {"event": "websocket:connected", "content-type": form, "uuid": self._call_id}
        caller.say_text(json.dumps(begin))

    def end(self, caller: Caller) -> None:
        caller.say_text('{"event": "stop"}')

    def said(self, caller: Caller) -> list[Said]:
        assert caller.rest() == []
        with client(self.server) as http:

            def ended() -> list[Message]:
                asked = {"tag": f"call:{self._call_id}"}
                found = http.get("/v1/sessions", params=asked).json()["sessions"]
                return [session for session in found if session["ended"]]

            wait_for(ended)
            (session,) = ended()
            whole = http.get(f"/v1/sessions/{session['id']}").json()
        told = whole["channels"][0]["utterances"]
        return [(u["transcript"], u["fused_score"]) for u in told]

    def problem(self, caller: Caller) -> str:
        assert caller.rest() == []
        return caller.reason


class Twilio(Vonage):
    name = "twilio"
    path = "/twilio/media"
    audio = "sample_rate=8000&encoding=mulaw"

    def begin(self, caller: Caller, rate: int = 8000) -> None:
        form = {"encoding": "audio/x-mulaw", "sampleRate": rate, "channels": 1}
        start = {"callSid": self._call_id, "tracks": ["inbound"], "mediaFormat": form}
        caller.say_text(json.dumps({"event": "start", "start": start}))

    def send(self, caller: Caller, *audio: bytes) -> None:
        for piece in audio:
            media = {"track": "inbound", "payload": base64.b64encode(piece).decode()}
            caller.say_text(json.dumps({"event": "media", "media": media}))


class Telnyx(Twilio):
    name = "telnyx"
    path = "/telnyx/media"

    def begin(self, caller: Caller, rate: int = 8000) -> None:
        form = {"encoding": "PCMU", "sample_rate": rate, "channels": 1}
        start: dict[str, Any] = {"call_session_id": self._call_id, "media_format": form}
        caller.say_text(json.dumps({"event": "start", "start": {**start, "tracks": ["inbound"]}}))


class Wyoming(Peer):
    """Events over TCP: errors have codes, and connections none."""

    name = "wyoming"
    query = impossible = ""
    rubbish = '{"type": "sing"}'
    tokens = False

    def call(self, query: str | None = None, token: str = "") -> Any:  # noqa: ARG002
        return Client(self.server)

    def begin(self, caller: Any, rate: int = 16_000) -> None:
        caller.say("audio-start", **SPEECH | {"rate": rate})

    def send(self, caller: Any, *audio: bytes) -> None:
        for piece in audio:
            caller.say("audio-chunk", piece, **SPEECH)

    def end(self, caller: Any) -> None:
        caller.say("audio-stop")

    def said(self, caller: Any) -> list[Said]:
        (whole,) = only(caller.until("transcript-stop"), "transcript")
        return [(u["text"], u["sentiment"]["score"]) for u in whole["utterances"]]

    def problem(self, caller: Any) -> str:
        return only(caller.rest(), "error")[-1]["text"]

    def send_much(self, caller: Any) -> None:
        self.send(caller, bytes(40_000))

    def ended(self, caller: Any) -> int:
        code = only(caller.rest(), "error")[-1]["code"]
        return {"bad_message": 1009, "frame_too_big": 1009, "idle": 4408}[code]

    def vanish(self, caller: Any) -> None:
        caller.vanish()


PEERS = [AssemblyAI, Deepgram, Hume, OpenAI, Telnyx, Twilio, Vonage, Vosk, Wyoming, Xiaozhi]
