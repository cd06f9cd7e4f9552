"""A protocol as its client sees it: what is said, and what the server's messages mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from sentivox.client.address import server_url, with_query
from sentivox.types import Int16Array

Frame = str | bytes
"""A text (str) or binary (bytes) message."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The server is ready for audio, with this profile of models; None if it does not say."""

    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The final result of an utterance.

    Attributes:
        since: Second of audio from which its latency counts; None if the protocol does not say.
        worded: Whether it has a transcript.
        degraded: Reasons why something is missing.
    """

    since: float | None
    worded: bool
    degraded: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning, and how many seconds of audio it says were dropped."""

    code: str
    dropped_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """An error."""

    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """All results have been told."""


Heard = Begun | Result | Warned | Failed | Ended

Reader = Callable[[Frame], Sequence[Heard]]
"""Decodes the messages of one stream, in order; those that do not matter here give nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProtocol:
    """What a client says in one protocol, and how it reads the answers.

    Attributes:
        name: Its name.
        path: Where servers speak it.
        query: Parameters of the address.
        options: Whether the address takes the options of protocol v1, too.
        hello: Messages before the audio.
        greets: Whether the server says when it is ready for audio.
        encode: Turns mono int16 at 16 kHz, shape (n,), into messages of this many samples each.
            It is called before a trial, so that it costs no time during one.
        frame_s: Usual seconds of audio in a message.
        farewell: Messages after the audio.
        ends: Whether a message says that all results have been told; otherwise the server tells
            it by closing the connection.
        reader: Makes the `Reader` of a stream.
        tells_unworded: Whether there are results of utterances without words.
        since: From where latency counts: the audio that decides an endpoint (protocol v1 alone
            says which that is), or the end of the speech, before the silence that ends an
            utterance. None if there are no results.
        tells_losses: Whether the server says what it drops or leaves out.
    """

    name: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    options: bool = False
    hello: Sequence[str] = ()
    greets: bool = False
    encode: Callable[[Int16Array, int], Sequence[Frame]]
    frame_s: float = 0.05
    farewell: Sequence[str]
    ends: bool = True
    reader: Callable[[], Reader]
    tells_unworded: bool = True
    since: str | None = "speech end"
    tells_losses: bool = False

    def address(self, url: str, modalities: str) -> str:
        """The address of a stream on a server, at whose own address this is.

        Args:
            url: Address of the server; parameters in it are kept.
            modalities: What to analyse, if the protocol can say that.

        Raises:
            ConnectionFailed: `url` is not the address of a server.
        """
        asked = {**self.query, **({"modalities": modalities} if self.options else {})}
        base = f"ws{server_url(url).removeprefix('http')}{self.path}"
        return with_query(base, asked | dict(parse_qsl(urlsplit(url).query)))
