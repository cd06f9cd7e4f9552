"""What the endpoints of stored conversations take: filters in the query, and bodies."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from sentivox.protocol.options import TAG_PATTERN

Tag = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]
PersonsLabel = Literal["negative", "neutral", "positive", "unclear"]


class Wanted(BaseModel):
    """Which sessions; each must meet all that is given."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str | None, Field(description="The session with this id.")] = None
    since: Annotated[
        AwareDatetime | None, Field(description="Began then or later, such as 2026-11-01T00:00Z.")
    ] = None
    until: Annotated[AwareDatetime | None, Field(description="Began before then.")] = None
    tag: Annotated[list[str], Field(description="Has this tag; several must all be there.")] = []
    source: Annotated[
        Literal["stream", "upload", "recording"] | None, Field(description="Where it came from.")
    ] = None
    speaker: Annotated[
        str | None, Field(description="Has this speaker, or a channel of this name or role.")
    ] = None
    label: Annotated[
        PersonsLabel | None, Field(description="Has an utterance with this label.")
    ] = None
    emotion: Annotated[
        str | None,
        Field(description="Has an utterance whose strongest emotion, by tone, is this one."),
    ] = None
    min_score: Annotated[
        float | None, Field(ge=-1, le=1, description="Mean score of at least this, -1…1.")
    ] = None
    max_score: Annotated[
        float | None, Field(ge=-1, le=1, description="Mean score of at most this, -1…1.")
    ] = None
    alert: Annotated[
        str | None, Field(description="This rule fired an alert; any for any rule.")
    ] = None
    corrected: Annotated[bool, Field(description="A person has labelled an utterance.")] = False
    q: Annotated[
        str | None,
        Field(max_length=500, description='An utterance has all these words and "phrases".'),
    ] = None


class ListQuery(Wanted):
    """A page of the sessions that are wanted."""

    limit: Annotated[int, Field(ge=1, le=500, description="Most sessions of the page.")] = 50
    cursor: Annotated[
        str | None, Field(max_length=200, description="The cursor of the page before.")
    ] = None


class ExportQuery(Wanted):
    """The sessions that are wanted, in a format."""

    format: Annotated[
        Literal["jsonl", "csv", "parquet"],
        Field(description="Whole sessions as JSON lines, or rows of utterances."),
    ] = "jsonl"


class TrendQuery(Wanted):
    """The sessions that are wanted, in groups."""

    by: Annotated[
        Literal["day", "tag", "speaker"], Field(description="What to group the sessions by.")
    ]


class Naming(BaseModel):
    """A name for a channel, or for a speaker told apart in it."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[int, Field(ge=0, description="The channel, from 0.")]
    speaker: Annotated[
        str | None, Field(max_length=100, description="The speaker as recorded, such as S1.")
    ] = None
    name: Annotated[
        str, Field(max_length=200, description="As in channel_names; empty for the recorded one.")
    ]


class Description(BaseModel):
    """What people say of a session; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    tags: Annotated[list[Tag] | None, Field(max_length=16)] = None
    note: Annotated[
        str | None, Field(max_length=10_000, description="An empty note removes it.")
    ] = None
    names: Annotated[
        list[Naming] | None,
        Field(max_length=100, description="Those that are left out keep their names."),
    ] = None


class Labelling(BaseModel):
    """A person's label for an utterance."""

    model_config = ConfigDict(extra="forbid")

    label: PersonsLabel | None
