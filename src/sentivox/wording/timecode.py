"""Times in text that people read."""

import math


def clock(seconds: float) -> str:
    """Format seconds as m:ss.s, or as h:mm:ss from one hour up."""
    tenths = math.floor(seconds * 10 + 0.5)
    minutes, rest = divmod(tenths, 600)
    if minutes < 60:
        return f"{minutes}:{rest // 10:02d}.{rest % 10}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}"
