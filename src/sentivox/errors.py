"""Errors a user can act on. Each message is one line that says what to do."""


class SentivoxError(Exception):
    """Base of everything Sentivox raises on purpose."""


class UsageError(SentivoxError):
    """The Python API was used wrongly: after `close`, from two threads, with a wrong argument."""


class AudioError(SentivoxError):
    """Audio that cannot be read: not audio, truncated, an unsupported rate or encoding."""


class ModelError(SentivoxError):
    """A model that is missing, damaged or of the wrong kind."""


class ProtocolError(SentivoxError):
    """A message or parameter that breaks the streaming protocol."""


class ConnectionFailed(SentivoxError):  # noqa: N818  (reads as what happened)
    """A server that cannot be reached, refused us, or went away."""


class DataError(SentivoxError):
    """Labelled data that cannot be read: an unknown layout, label or column, a missing file."""
