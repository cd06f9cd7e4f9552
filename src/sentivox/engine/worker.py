"""A worker process: loads one model of speech, uses it on what it is sent, exits with its parent.

Started as `python -m sentivox.engine.worker SPEC` with a socket as standard input and output.
"""

import ctypes
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.asr.build import TranscriberSpec, build_model
from sentivox.asr.protocol import Transcriber
from sentivox.engine.wire import Answer, Ready, Task, Wire, WireClosed
from sentivox.types import Transcript
from sentivox.voice.protocol import Voiceprinter

_PR_SET_PDEATHSIG = 1
_MAX_REASON = 160
_OOM: Final = Path("/proc/self/oom_score_adj")
_OOM_FIRST: Final = "500"


def main(argv: list[str]) -> int:
    """Serve tasks until the parent goes away; returns the exit status."""
    # Ctrl-C and a service manager's SIGTERM go to the whole process group; the parent decides
    # when a worker ends, so that an utterance being transcribed then is not lost.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with_parent()
    _die_before_parent()
    wire = _take_over_stdio()
    try:
        return _serve(wire, msgspec.json.decode(argv[1], type=TranscriberSpec))
    except WireClosed:
        return 0
    finally:
        wire.close()


def _serve(wire: Wire, spec: TranscriberSpec) -> int:
    try:
        model = build_model(spec)
    except Exception as error:  # noqa: BLE001  (whatever it was, the parent must hear of it)
        wire.send(Ready(name="", error=_one_line(error)))
        return 1
    languages = () if isinstance(model, Voiceprinter) else model.languages
    wire.send(Ready(name=model.name, languages=sorted(languages)))
    while True:
        task = wire.receive(Task)
        if isinstance(model, Voiceprinter):
            wire.send(_voiceprint(model, task))
        else:
            wire.send(_answer(model, task))


def _voiceprint(model: Voiceprinter, task: Task) -> Answer:
    try:
        found = model.embed(np.frombuffer(task.audio, np.int16))
    except Exception as error:  # noqa: BLE001  (costs one voiceprint, no worker)
        return Answer(id=task.id, failed=f"voice_error: {_one_line(error)}")
    return Answer(id=task.id, voiceprint=[float(x) for x in found])


def _answer(transcriber: Transcriber, task: Task) -> Answer:
    if task.language is not None and task.language not in transcriber.languages:
        return Answer(id=task.id, failed="unsupported_language")
    began = time.process_time()
    try:
        heard = transcriber.transcribe(np.frombuffer(task.audio, np.int16), task.language)
        if not isinstance(heard, Transcript):
            raise TypeError(f"the recogniser returned {type(heard).__name__}")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001  (a recogniser's bug costs one text, no worker)
        return Answer(id=task.id, failed=f"asr_error: {_one_line(error)}")
    return Answer(id=task.id, transcript=heard, cpu_s=time.process_time() - began)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 1] + "…"


def _take_over_stdio() -> Wire:
    """The socket, moved out of reach: native libraries write to descriptor 1 as they please."""
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return Wire(sock)


def _die_with_parent() -> None:
    """Ask Linux to kill us with our parent, even while native code keeps us from noticing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_before_parent() -> None:
    """Have Linux take us when memory runs out, at the cost of one utterance's words.

    With the parent every stream would go.
    """
    with suppress(OSError):
        _OOM.write_text(_OOM_FIRST)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
