"""A decoder that a hostile file has taken over: it says what it likes."""

import sys

import msgspec

from sentivox.engine.child import set_up_child

OPENED = {"type": "Opened", "channels": 2, "duration": None}
LIES = {
    "channels": [{**OPENED, "channels": 2**31}],
    "no_channels": [{**OPENED, "channels": 0}],
    "another": [{"type": "Answer", "id": 1}],
    "half_a_sample": [OPENED, {"type": "Block", "audio": b"\0" * 5}],
    "half_a_frame": [OPENED, {"type": "Block", "audio": b"\0" * 6}],
    "endless": [OPENED, {"type": "Block", "audio": b"\0" * (1 << 20)}],
    "long_line": [{**OPENED, "error": "x" * (1 << 20)}],
    "nothing": [],
}

if __name__ == "__main__":
    wire = set_up_child()
    for lie in LIES[sys.argv[1]]:
        body = msgspec.msgpack.encode(lie)
        wire._sock.sendall(b"SVX1" + len(body).to_bytes(4, "big") + body)
    wire.receive(msgspec.Struct) if sys.argv[1] != "nothing" else sys.exit(3)
