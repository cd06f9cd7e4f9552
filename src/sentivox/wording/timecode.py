"""Seconds as people read them."""

import math


def clock(seconds: float) -> str:
    """Seconds as m:ss.s, or h:mm:ss from an hour on."""
    tenths = math.floor(seconds * 10 + 0.5)
    minutes, rest = divmod(tenths, 600)
    if minutes < 60:
        return f"{minutes}:{rest // 10:02d}.{rest % 10}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}"
