"""Whether audio comes as it is spoken, or faster. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Tells a live client from an upload: a bucket that audio fills and waiting empties.

    Only time spent waiting *for the client* counts. While we hold an upload back it waits for
    us, its audio is there at once, and it stays an upload however slow we are.

    Attributes:
        leak: Seconds of audio forgiven per second waited; above 1 so that a live client that
            caught up after a network stall becomes live again.
        slack_s: Seconds ahead of real time that a live client may be.
    """

    leak: float = 1.25
    slack_s: float = 5.0
    ahead_s: float = 0.0

    def received(self, audio_s: float, waited_s: float) -> None:
        """Note audio that came after we waited for it."""
        self.ahead_s = max(0.0, self.ahead_s - self.leak * waited_s) + audio_s

    @property
    def upload(self) -> bool:
        """Whether the client sends faster than real time, and so can be made to wait."""
        return self.ahead_s > self.slack_s
