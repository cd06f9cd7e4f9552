"""Names of channels in text that people read."""


def channel_name(channel: int) -> str:
    """The display name of a channel: counted from 1, where events count from 0."""
    return f"channel {channel + 1}"
