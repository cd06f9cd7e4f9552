"""Tells live audio from uploads, by the rate at which it arrives. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Tells a live client from an upload, by a leaky bucket that audio fills and waiting empties.

    Only time spent waiting *for the client* counts. While the server holds an upload back, the next
    audio is there at once, so it remains an upload however slow the server is.

    Attributes:
        leak: Seconds of audio drained per second of waiting; above 1, so that a client that caught
            up after a network stall counts as live again.
        slack_s: Seconds by which a live client may be ahead of real time.
        ahead_s: Seconds by which the client is ahead.
    """

    leak: float = 1.25
    slack_s: float = 5.0
    ahead_s: float = 0.0

    def received(self, audio_s: float, waited_s: float) -> None:
        """Note that `audio_s` seconds of audio arrived after `waited_s` seconds of waiting."""
        self.ahead_s = max(0.0, self.ahead_s - self.leak * waited_s) + audio_s

    @property
    def upload(self) -> bool:
        """Whether the client sends faster than real time, and so may be made to wait."""
        return self.ahead_s > self.slack_s
