"""Channels: people count them from 1 or read their names, machines count from 0, everywhere."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sentivox
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.errors import ProtocolError
from sentivox.protocol.option_values import check_options, option_text, read_options
from sentivox.protocol.options import MAX_NAME, ROLES, LiveOptions
from sentivox.report.document import CSV_COLUMNS
from sentivox.store import export
from sentivox.stream.config import StreamConfig
from sentivox.wording.channels import channel_label, heading, require_one_each

STATIC = Path(sentivox.__file__).parent / "server/static"

names = st.lists(st.text(min_size=1, max_size=6), max_size=3)
roles = st.lists(st.sampled_from([*ROLES, "coach"]), max_size=3)


@given(names, roles)
def test_a_name_goes_before_a_role_and_a_role_before_a_number(
    names: list[str], roles: list[str]
) -> None:
    for channel in range(4):
        label = channel_label(channel, names, roles)
        if channel < len(names):
            assert label == names[channel]
        elif channel < len(roles) and roles[channel] in {"agent", "customer"}:
            assert label.startswith(roles[channel].capitalize())
        else:
            assert label == f"channel {channel + 1}"
    unnamed = [channel_label(channel, (), roles) for channel in range(4)]
    assert len(set(unnamed)) == 4
    assert not any("0" in label for label in unnamed)


def test_two_of_the_same_role_are_told_apart() -> None:
    assert [channel_label(c, (), ("agent", "agent")) for c in (0, 1)] == ["Agent 1", "Agent 2"]
    assert [channel_label(c, (None, None)) for c in (0, 1)] == ["channel 1", "channel 2"]


def test_only_a_number_is_capitalised() -> None:
    assert heading("channel 2") == "Channel 2"
    assert heading("de Vries") == "de Vries"


def test_the_page_labels_channels_as_python_does() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to run the page's module")
    several = [
        list(one) for n in range(3) for one in product(["agent", "customer", "other"], repeat=n)
    ]
    cases = [[names, roles] for names in ([], ["Wu"], ["<b>", "channel 7"]) for roles in several]
    script = f"""
        import {{ channelLabel }} from {json.dumps((STATIC / "channels.js").as_uri())};
        const text = await new Response(process.stdin).text();
        const labels = JSON.parse(text).map(([names, roles]) =>
          [0, 1, 2].map((channel) => channelLabel(channel, {{ names, roles }})));
        console.log(JSON.stringify(labels));"""
    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=json.dumps(cases), capture_output=True, text=True, check=True,
    )  # fmt: skip
    ours = [[channel_label(c, names, roles) for c in range(3)] for names, roles in cases]
    assert json.loads(done.stdout) == ours


def test_the_page_exports_the_columns_of_analyze() -> None:
    source = (STATIC / "exports.js").read_text("utf-8")
    literal = re.search(r"^const COLUMNS = (\[.*?\]);", source, re.DOTALL | re.MULTILINE)
    assert literal is not None
    assert ["file", *json.loads(literal[1])] == list(CSV_COLUMNS)


letters = st.characters(
    codec="utf-8", exclude_characters=",", exclude_categories=["Cc", "Cf", "Zl", "Zp"]
)
sound = st.text(letters, min_size=1, max_size=MAX_NAME).map(str.strip).filter(bool)


@given(st.lists(sound, min_size=1, max_size=2, unique_by=str.casefold))
def test_names_come_through_a_query_as_they_were_given(names: list[str]) -> None:
    query = {"channel_names": option_text(names)}
    read = StreamConfig(**read_options(LiveOptions, query))
    assert list(read.channel_names) == names


@given(st.lists(st.text(max_size=50), min_size=1, max_size=3))
def test_whatever_is_given_is_taken_or_refused_in_one_line(names: list[str]) -> None:
    try:
        check_options(LiveOptions, channel_names=names)
    except ProtocolError as error:
        said = str(error)
        assert said.isprintable()
        assert said.startswith("channel_names ")
        assert len(said) < 600
        return
    assert len(names) <= 2
    assert all(name.strip() and len(name) <= MAX_NAME and "," not in name for name in names)
    assert len({name.strip().casefold() for name in names}) == len(names)
    option_text(names).encode()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("option", ["channel_names", "roles"])
def test_as_many_as_the_channels_or_none(engine: Engine, channels: int, option: str) -> None:
    values = {"channel_names": ["Ms Li", "Mr Wu"], "roles": ["agent", "customer"]}[option]
    named = replace(StreamConfig(), **{option: values[:channels]})
    engine.open(AudioFormat(channels=channels), named)
    engine.open(AudioFormat(channels=channels), StreamConfig())
    wrong = replace(named, **{option: values[: 3 - channels]})
    with pytest.raises(ProtocolError) as refused:
        engine.open(AudioFormat(channels=channels), wrong)
    assert option in str(refused.value)
    assert ("there are 2" if channels == 2 else "there is 1") in str(refused.value)
    assert "give one for each channel, or none" in str(refused.value)


def test_the_refusal_names_what_was_given() -> None:
    with pytest.raises(ProtocolError) as refused:
        require_one_each(1, ["Ms Li", "Mr Wu"], [])
    assert str(refused.value) == (
        "channel_names has 2 values (Ms Li, Mr Wu), but there is 1 channel:"
        " give one for each channel, or none"
    )


def test_every_table_has_the_number_for_machines_and_the_name_for_people() -> None:
    """The page, `analyze --csv` and the export of a store: the same columns, but for files."""
    script = (STATIC / "exports.js").read_text()
    (listed,) = re.findall(r"COLUMNS = \[(.*?)\]", script, re.DOTALL)
    page = tuple(re.findall(r'"(\w+)"', listed))
    assert page == CSV_COLUMNS[1:]
    assert {"channel", "channel_name"} <= set(page)
    assert export.COLUMNS[2:-1] == CSV_COLUMNS
