"""Errors that a user can act on. Each message is one line that says what to do."""


class SentivoxError(Exception):
    """Base class of every error that Sentivox raises deliberately."""


class UsageError(SentivoxError):
    """The Python API was misused: after `close`, from two threads, or with a wrong argument."""


class AudioError(SentivoxError):
    """Audio that cannot be read: not audio, truncated, or an unsupported rate or encoding."""


class ModelError(SentivoxError):
    """A model file that is missing, damaged or of the wrong kind."""


class ProtocolError(SentivoxError):
    """A message or parameter that breaks the streaming protocol."""


class ConnectionFailed(SentivoxError):  # noqa: N818  (reads as what happened)
    """A server that cannot be reached, refused the connection, or dropped it."""


class DataError(SentivoxError):
    """Labelled data that cannot be read: an unknown layout, label or column, or a missing file."""


class StoreError(SentivoxError):
    """A store of conversations that cannot be used: a wrong address, password or schema."""


class StoreAway(StoreError):  # noqa: N818  (reads as what happened)
    """A store that does not answer now, but may later: it is stopped, full, locked or too slow."""
