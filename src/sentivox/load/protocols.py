"""The protocols that the load generator speaks: our own, and those of other services.

They are written from the services' documents and know nothing of the server's side of them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sentivox.load import encoders, readers
from sentivox.load.protocol import LoadProtocol, Reader

_RATE: Final = {"sample_rate": "16000"}
_OPUS: Final = {"format": "opus", "sample_rate": 16_000, "channels": 1, "frame_duration": 60}
_CALL: Final = {
    "callSid": "CA0",
    "tracks": ["inbound"],
    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
}
"""A call of which one side is streamed."""


def _stateless(reader: Reader) -> Callable[[], Reader]:
    return lambda: reader


def _session(heard: Mapping[str, Any]) -> str:
    """An update of the settings of OpenAI's Realtime API."""
    session = {"type": "transcription", "audio": {"input": heard}}
    return encoders.json_text({"type": "session.update", "session": session})


V1: Final = LoadProtocol(
    name="v1",
    path="/v1/stream",
    query=_RATE | {"encoding": "linear16", "channels": "1", "language": "en"},
    options=True,
    greets=True,
    encode=encoders.pcm,
    farewell=['{"type":"CloseStream"}'],
    reader=readers.V1,
    since="endpoint",
    tells_losses=True,
)

_FOREIGN: Final = (
    LoadProtocol(
        name="assemblyai",
        path="/v3/ws",
        query=_RATE | {"encoding": "pcm_s16le", "language_code": "en"},
        greets=True,
        encode=encoders.pcm,
        farewell=['{"type":"Terminate"}'],
        reader=_stateless(readers.assemblyai),
        tells_unworded=False,
    ),
    LoadProtocol(
        name="deepgram",
        path="/v1/listen",
        query=_RATE | {"encoding": "linear16", "language": "en"},
        encode=encoders.pcm,
        farewell=['{"type":"CloseStream"}'],
        reader=_stateless(readers.deepgram),
    ),
    LoadProtocol(
        name="hume",
        path="/v1/expression/audio/realtime",
        query={"language": "en"},
        options=True,
        greets=True,
        encode=encoders.pcm,
        farewell=['{"type":"session.close"}'],
        reader=_stateless(readers.hume),
    ),
    LoadProtocol(
        name="openai",
        path="/v1/realtime",
        query={"intent": "transcription"},
        hello=[
            _session(
                {
                    "format": {"type": "audio/pcm", "rate": 16_000},
                    "transcription": {"model": "sentivox", "language": "en"},
                    "turn_detection": {"type": "server_vad"},
                }
            )
        ],
        greets=True,
        encode=encoders.appended,
        # Nothing in this protocol ends a stream. Without turn detection a commit is an item, which
        # is complete when all audio before it has been analysed.
        farewell=[_session({"turn_detection": None}), '{"type":"input_audio_buffer.commit"}'],
        reader=readers.OpenAI,
    ),
    LoadProtocol(
        name="twilio",
        path="/twilio/media",
        query={"language": "en"},
        options=True,
        hello=[
            '{"event":"connected","protocol":"Call","version":"1.0.0"}',
            encoders.json_text({"event": "start", "streamSid": "MZ0", "start": _CALL}),
        ],
        encode=encoders.media,
        farewell=['{"event":"stop","streamSid":"MZ0","stop":{"callSid":"CA0"}}'],
        ends=False,
        reader=_stateless(readers.unread),
        since=None,
    ),
    LoadProtocol(
        name="vosk",
        path="/vosk",
        query={"language": "en"},
        options=True,
        hello=['{"config":{"sample_rate":16000}}'],
        encode=encoders.pcm,
        farewell=['{"eof":1}'],
        reader=_stateless(readers.vosk),
    ),
    LoadProtocol(
        name="xiaozhi",
        path="/xiaozhi/v1/",
        query={"language": "en"},
        options=True,
        hello=[
            encoders.json_text({"type": "hello", "version": 1, "audio_params": _OPUS}),
        ],
        greets=True,
        encode=encoders.opus,
        frame_s=0.06,
        farewell=['{"type":"goodbye"}'],
        ends=False,
        reader=readers.Xiaozhi,
    ),
)

PROTOCOLS: Final[Mapping[str, LoadProtocol]] = {p.name: p for p in (V1, *_FOREIGN)}
"""All of them by name."""
