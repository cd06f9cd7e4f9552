"""Channels as people count them."""


def channel_name(channel: int) -> str:
    """What a channel is called where people read: from 1 on, though events count from 0."""
    return f"channel {channel + 1}"
