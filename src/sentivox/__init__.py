"""Sentivox: real-time sentiment from speech, what is said and how it is said."""

from sentivox._version import __version__

__all__ = ["__version__"]
