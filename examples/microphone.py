"""Your microphone to the terminal, in one process and without a server.

    pip install "sentivox[mic]"
    python examples/microphone.py

Raw audio on standard input (16-bit, 16 kHz, mono) does as well:

    arecord -q -t raw -f S16_LE -r 16000 -c 1 | python examples/microphone.py
"""

import sys
from collections.abc import Iterator

import sentivox

PIECE = 1280  # bytes: 40 ms


def piped() -> Iterator[bytes]:
    """What another program records."""
    while data := sys.stdin.buffer.read(PIECE):
        yield data


def microphone() -> Iterator[bytes]:
    """What the default microphone hears, until Ctrl-C."""
    import sounddevice  # noqa: PLC0415  (not needed for audio on standard input)

    with sounddevice.RawInputStream(samplerate=16_000, channels=1, dtype="int16") as device:
        print("Speak; Ctrl-C ends.", file=sys.stderr)
        try:
            while True:
                yield bytes(device.read(PIECE // 2)[0])
        except KeyboardInterrupt:
            return


def show(events: list[sentivox.Event]) -> None:
    """The tone while somebody speaks, the whole judgement after it."""
    for event in events:
        match event:
            case sentivox.AudioSentiment():
                print(f"{event.end:7.2f}  tone so far   {event.score:+.2f}")
            case sentivox.Utterance(final=True):
                score = "  –  " if event.fused_score is None else f"{event.fused_score:+.2f}"
                print(f"{event.start:7.2f}  {score}  {event.transcript or '(no words)'}")
            case _:
                pass


with sentivox.Analyzer() as analyzer, analyzer.stream(sample_rate=16_000) as live:
    for data in microphone() if sys.stdin.isatty() else piped():
        show(live.feed(data))
    show(live.close())
