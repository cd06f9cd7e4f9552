"""The worker process: loads a recogniser or speaker model, and serves tasks until its parent ends.

Started as `python -m sentivox.engine.worker SPEC`, where SPEC is a `TranscriberSpec` in JSON, with
a socket as standard input and output.
"""

import sys
import time

import msgspec
import numpy as np

from sentivox.asr.protocol import TimingTranscriber, Transcriber
from sentivox.engine.build import TranscriberSpec, build_model
from sentivox.engine.child import error_line, set_up_child
from sentivox.engine.wire import Answer, Ready, Task, Wire, WireClosed
from sentivox.types import Transcript
from sentivox.voice.protocol import Voiceprinter


def main(argv: list[str]) -> int:
    """Serve tasks until the parent closes the connection; returns the exit status."""
    wire = set_up_child()
    try:
        return _serve(wire, msgspec.json.decode(argv[1], type=TranscriberSpec))
    except WireClosed:
        return 0
    finally:
        wire.close()


def _serve(wire: Wire, spec: TranscriberSpec) -> int:
    try:
        model = build_model(spec)
    except Exception as error:  # noqa: BLE001  (every error must be reported to the parent)
        wire.send(Ready(name="", error=error_line(error)))
        return 1
    languages = () if isinstance(model, Voiceprinter) else model.languages
    timing = isinstance(model, TimingTranscriber)
    # Plug-in recognisers need not have the attribute.
    detects = bool(getattr(model, "detects", False))
    about = Ready(name=model.name, languages=sorted(languages), detects=detects, timing=timing)
    wire.send(about)
    while True:
        task = wire.receive(Task)
        if isinstance(model, Voiceprinter):
            wire.send(_voiceprint(model, task))
        else:
            wire.send(_answer(model, task))


def _voiceprint(model: Voiceprinter, task: Task) -> Answer:
    began = time.process_time()
    try:
        found = model.embed(np.frombuffer(task.audio, np.int16))
    except Exception as error:  # noqa: BLE001  (an error must not end the worker)
        return Answer(id=task.id, failed=f"voice_error: {error_line(error)}")
    cpu_s = time.process_time() - began
    return Answer(id=task.id, voiceprint=[float(x) for x in found], cpu_s=cpu_s)


def _answer(transcriber: Transcriber, task: Task) -> Answer:
    if task.language is not None and task.language not in transcriber.languages:
        return Answer(id=task.id, failed="unsupported_language")
    began = time.process_time()
    try:
        audio = np.frombuffer(task.audio, np.int16)
        if task.timed and isinstance(transcriber, TimingTranscriber):
            heard = transcriber.transcribe_timed(audio, task.language)
        else:
            heard = transcriber.transcribe(audio, task.language)
        if not isinstance(heard, Transcript):
            raise TypeError(f"the recogniser returned {type(heard).__name__}")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001  (an error must not end the worker)
        return Answer(id=task.id, failed=f"asr_error: {error_line(error)}")
    return Answer(id=task.id, transcript=heard, cpu_s=time.process_time() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
