"""Times in text that people read."""

import math


def clock(seconds: float) -> str:
    """Format seconds as m:ss.s, or as h:mm:ss from one hour up."""
    tenths = math.floor(seconds * 10 + 0.5)
    minutes, rest = divmod(tenths, 600)
    if minutes < 60:
        return f"{minutes}:{rest // 10:02d}.{rest % 10}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}"


def length(seconds: float) -> str:
    """Format a length of time, such as "30.5 s", "1 min 20 s" or "1 h 04 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def whole_seconds(seconds: float) -> str:
    """Format seconds as m:ss, or as h:mm:ss from one hour up, rounded."""
    minutes, rest = divmod(math.floor(seconds + 0.5), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
