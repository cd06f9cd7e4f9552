"""Twenty made calls, as a summary sees them, for tests of headlines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from sentivox.conversation.headline import Ending
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.sentiment import Peak, ToneSentiment
from tests.stream.spoken import uttered

AGENT, CUSTOMER = 0, 1
Line = tuple[int, float, str | None]
"""Channel, score and words."""


@dataclass(frozen=True)
class Call:
    """A call: its lines follow each other, each 3 s long with 1 s between them."""

    lines: Sequence[Line]
    names: Sequence[str] = ()
    roles: Sequence[str] = ("agent", "customer")
    channels: int = 2
    ending: Ending = "over"
    emotions: dict[int, dict[str, float]] = field(default_factory=dict)
    speakers: Sequence[str] = ()
    unclear: Sequence[int] = ()
    failed: Sequence[int] = ()
    tone: bool = True

    def spoken(self) -> list[Utterance]:
        """The utterances, numbered from 1 within each channel."""
        said: list[Utterance] = []
        for i, (channel, score, words) in enumerate(self.lines):
            made = uttered(
                4.0 * i, 4.0 * i + 3, score, channel=channel, words=words,
                id_=1 + sum(u.channel == channel for u in said),
            )  # fmt: skip
            said.append(self._finished(i, made))
        return said

    def told(self) -> Summary:
        """The summary."""
        said = self.spoken()
        roles = self.roles if len(self.roles) == self.channels else ()
        return summary(
            said, range(self.channels), 4.0 * len(said), names=self.names, roles=roles,
            ending=self.ending,
        )  # fmt: skip

    def _finished(self, i: int, said: Utterance) -> Utterance:
        changes: dict[str, object] = {}
        if self.tone:
            changes["audio_sentiment"] = tone(self.emotions.get(i, {"neutral": 0.8, "calm": 0.2}))
        if self.speakers:
            changes["speaker"] = self.speakers[i]
        if i in self.failed:
            changes["degraded"] = ["asr_failed:crashed"]
        if i in self.unclear and said.fused is not None:
            changes["fused"] = msgspec.structs.replace(said.fused, label="unclear", confidence=0.4)
        return msgspec.structs.replace(said, **changes)


def tone(emotions: dict[str, float]) -> ToneSentiment:
    """A tone with these emotions, and the sentiment that follows from the strongest."""
    strongest = max(emotions, key=lambda name: emotions[name])
    label = {"neutral": "neutral", "calm": "neutral", "happy": "positive"}.get(
        strongest, "negative"
    )
    sure = emotions[strongest] >= 0.5
    return ToneSentiment(
        label=label if sure else "unclear",  # type: ignore[arg-type]
        score=0.0,
        scores={},
        emotions=emotions,
        peak=Peak(t=0.0, score=0.0),
    )


ANGRY = {"angry": 0.8, "neutral": 0.2}
A, C = AGENT, CUSTOMER
HOUR = "That is terrible, I have been waiting for an hour."
FINE: Line = (A, 0.0, "Let me look at that for you.")
GOOD: Line = (C, 0.9, "Thank you so much.")

TURNED: Sequence[Line] = [
    (C, 0.7, "Good morning."), FINE, (C, 0.6, "Fine."), (C, -0.9, HOUR), (C, -0.9, "Nobody came."),
    FINE, GOOD, (C, 0.9, "I feel much better now."), (C, 0.9, "Goodbye."), (C, 0.9, "And thanks."),
]  # fmt: skip

CALLS: dict[str, Call] = {
    "turns angry and is won back": Call(TURNED, emotions={3: ANGRY, 4: ANGRY}),
    "the same by its words alone": Call(TURNED, tone=False),
    "the same while it goes on": Call(TURNED[:6], ending="open"),
    "the same, broken off": Call(TURNED[:6], ending="cut", emotions={3: ANGRY, 4: ANGRY}),
    "the tone alone": Call(
        [(c, s, None) for c, s, _ in TURNED], emotions={3: {"sad": 0.9, "neutral": 0.1}}
    ),
    "better, then worse": Call(
        [
            (C, -0.6, "Well."),
            (C, -0.5, "Hm."),
            (C, 0.8, "Oh, that is good news."),
            (C, 0.9, "I like that."),
            (C, 0.9, "Good."),
            FINE,
            (C, -0.9, "What, twenty euros a month for that?"),
            (C, -0.9, "No way."),
            (C, -0.9, "No."),
        ]
    ),
    "both turn": Call(
        [
            (C, 0.7, "Hello."),
            (A, 0.6, "Hello there."),
            (C, 0.7, "Nice to hear you."),
            (A, 0.5, "Welcome."),
            (C, -0.9, HOUR),
            (C, -0.9, "An hour!"),
            (A, -0.8, "That is not my fault, sir."),
            (A, -0.9, "Do not shout at me."),
            (C, -0.9, "I want your manager."),
            (A, -0.9, "There is none."),
        ]
    ),
    "many turns": Call(
        [
            (C, s, "It works." if s > 0 else "Now the screen is black again.")
            for s in (
                0.8,
                0.8,
                -0.9,
                -0.9,
                -0.9,
                0.9,
                0.9,
                0.9,
                -0.7,
                -0.9,
                -0.9,
                0.9,
                0.9,
                0.9,
                0.9,
            )
        ]
        + [FINE]
    ),
    "all positive": Call([(A, 0.8, "Welcome."), (C, 0.9, "Lovely."), (A, 0.7, "Great."), GOOD]),
    "all negative": Call(
        [
            (A, -0.5, "No refund."),
            (C, -0.9, "This product broke after two days."),
            (A, -0.4, "It is not covered."),
            (C, -0.7, "That is a scandal."),
        ]
    ),
    "nothing turns": Call(
        [
            FINE,
            (C, -0.6, "I am not happy with the last invoice."),
            FINE,
            (C, -0.5, "It is too high."),
            (C, -0.1, "All right."),
        ]
    ),
    "unclear": Call([FINE, (C, 0.3, "Hm."), FINE, (C, -0.3, "Eh.")], unclear=(0, 1, 3)),
    "nobody can be judged": Call([FINE, (C, 0.3, "Hm."), FINE], unclear=(0, 1, 2)),
    "no speech": Call([]),
    "one utterance": Call([(C, -0.8, HOUR)], emotions={0: ANGRY}),
    "one speaker of two": Call(
        [
            (C, 0.8, "Hi."),
            (C, 0.6, "Anna here."),
            (C, -0.9, HOUR),
            (C, -0.9, "Hello?"),
            (C, -0.9, "Is anybody there?"),
        ]
    ),
    "a recording of one voice": Call(
        [(0, 0.7, "What a day."), (0, 0.8, "The launch went well."), (0, 0.0, "Monday is next.")],
        channels=1,
    ),
    "mono, voices told apart": Call(
        [(0, s, w) for _, s, w in TURNED],
        channels=1,
        speakers=["Ms Li", "S1", *["Ms Li"] * 3, "S1", *["Ms Li"] * 4],
    ),
    "a meeting of five": Call(
        [
            (0, 0.6, "Good."),
            (1, 0.0, "Fine."),
            (2, -0.6, "We are three weeks late with this."),
            (3, 0.0, "So it is."),
            (4, 0.1, "Let us see."),
            (2, -0.5, "Again."),
        ],
        channels=5,
        names=["Ann", "Bob", "Cem", "Dee", "Eve"],
    ),
    "words missing, in Chinese": Call(
        [
            (C, 0.8, "你好。"),
            (C, 0.8, "你们的服务不错。"),
            (A, 0.0, None),
            (C, -0.9, "太糟糕了，我等了一个小时都没人理我。"),
            (C, -0.9, "没有人帮我。"),
            (A, 0.0, "非常抱歉。"),
            (C, -0.8, None),
            (C, -0.8, "我要投诉你们。"),
        ],
        failed=(2, 6),
    ),
}
"""By what happens in them."""
