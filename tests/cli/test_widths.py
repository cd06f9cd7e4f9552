"""Tables at the widths of terminals, colours, and what --quiet leaves."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from sentivox.cli.live import LiveView
from sentivox.cli.local_server import LocalServer, free_port, ready
from sentivox.cli.output import utterance_table
from sentivox.cli.talk_figures import talk_figures
from sentivox.conversation.summary import summary
from sentivox.protocol.events import AudioSentiment, SpeechStarted, decode
from sentivox.protocol.labels import JUDGED_S
from sentivox.protocol.sentiment import Label, Peak, Sentiment, ToneSentiment
from sentivox.samples import CALL
from tests.cli.conftest import Sentivox
from tests.cli.ptys import OWN, SENTIVOX, on_a_terminal
from tests.stream.spoken import uttered

TONE = ("--modalities", "audio")
WIDTHS = (60, 80, 100, 120, 200)
NUMBER = re.compile(r"[+-]\d\.\d\d")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m")
MOVING = re.compile(r"\x1b\[(?:\?25[lh]|\d*[A-HJK])")

Table = list[list[str]]
"""The cells of each line, the heading first."""


def tables(text: str) -> list[Table]:
    """The tables in a text, whose columns are checked to begin at the same cells in each line."""
    found: list[Table] = []
    places: list[int] = []
    for line in text.splitlines():
        if "┃" in line:
            places = bars(line, "┃")
            found.append([])
        elif "│" in line:
            assert bars(line, "│") == places, line
        else:
            continue
        found[-1].append([cell.strip() for cell in re.split("[│┃]", line)])
    return found


def bars(line: str, bar: str) -> list[int]:
    """Where the lines between columns are, in cells."""
    return [cell_len(line[:at]) for at, char in enumerate(line) if char == bar]


def column(table: Table, name: str) -> list[str]:
    at = table[0].index(name)
    return [row[at] for row in table[1:]]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory, turns: Path) -> Path:
    """A folder of two recordings whose names are long, or Chinese, and of one that is none."""
    folder = tmp_path_factory.mktemp("calls")
    shutil.copy(turns / "b.wav", folder / f"{'complaint-' * 4}of-2026-11-29.wav")
    shutil.copy(CALL, folder / "投诉电话录音.flac")
    (folder / "broken.wav").write_bytes(b"no audio")
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LocalServer("--tone-only") as local:
        local.wait_ready()
        yield local.url


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_folder_ends_with_a_table_and_a_sentence_at_any_width(
    recordings: Path, columns: int
) -> None:
    said = OWN.sub("", on_a_terminal("analyze", recordings, *TONE, columns=columns, aside=True))
    assert max(map(cell_len, said.splitlines())) <= columns
    *each, last = tables(said)
    assert len(each) >= 3  # utterances of both, and figures of the one with two speakers
    assert last[0][0] == "recording"
    names = column(last, "recording")
    assert "投诉电话录音.flac" in names
    long = "".join(name for name in names if "投" not in name)
    assert long == f"{'complaint-' * 4}of-2026-11-29.wav"
    assert len(names) == 2 or columns < 200  # not wrapped where there is room
    means = [cell for cell in column(last, "mean") if cell]
    assert len(means) == 2
    assert all(NUMBER.fullmatch(mean) for mean in means)
    scores = [cell for table in each if "fused" in table[0] for cell in column(table, "fused")]
    assert len([cell for cell in scores if cell]) == 11
    assert all(NUMBER.fullmatch(cell) for cell in scores if cell)
    assert columns < 100 or {"length", "at end", "lowest"} < set(last[0])
    sentence = " ".join(said.rpartition("\n\n")[2].split())
    assert sentence.startswith("2 recordings, ")
    assert sentence.endswith("; 1 could not be analysed.")
    lowest = min(means, key=float)
    assert f"({lowest})" in sentence


def test_one_recording_ends_with_a_sentence_and_quiet_without(sentivox: Sentivox) -> None:
    plain = sentivox("analyze", CALL, *TONE)
    assert plain.stdout.splitlines()[-1].startswith("call.flac: ")
    quiet = sentivox("analyze", CALL, *TONE, "-q")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout.rstrip() == plain.stdout.rstrip().rpartition("\n")[0].rstrip()


def test_documents_stay_clean_and_the_sentence_is_told_aside(
    sentivox: Sentivox, recordings: Path
) -> None:
    done = sentivox("analyze", recordings, *TONE, "--json")
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("2 recordings, ")
    quiet = sentivox("analyze", recordings, *TONE, "--csv", "-q")
    assert "2 recordings" not in quiet.stderr
    assert "broken.wav" in quiet.stderr


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(
    "words", ["我已经等了一个小时，没有人帮我。" * 3, "I have been waiting. " * 9]
)
def test_words_take_what_is_left_whatever_their_script(columns: int, words: str) -> None:
    said = [
        replace(
            uttered(3600.0 * at, 3600.0 * at + 9, -0.5, channel=at, words=words),
            text_sentiment=Sentiment(label="negative", score=-0.9, scores={}),
            audio_sentiment=ToneSentiment(
                label="negative", score=-0.9, scores={}, emotions={}, peak=Peak(t=1, score=-1)
            ),
        )
        for at in (0, 1)
    ]
    names = ["王女士", "Customer"]
    out = StringIO()
    console = Console(file=out, width=columns)
    console.print(utterance_table(said, names))
    for part in talk_figures(summary(said, [0, 1], 4000.0, names=names)):
        console.print(part)
    assert max(map(cell_len, out.getvalue().splitlines())) <= columns
    table, figures = tables(out.getvalue())
    assert "".join(column(table, "words")).replace(" ", "") == 2 * words.replace(" ", "")
    assert [cell for cell in column(table, "who") if cell] == names
    assert [cell for cell in column(table, "fused") if cell] == 2 * ["-0.50"]
    assert column(figures, "who") == names
    assert columns < 80 or {"text", "tone", "sentiment"} < set(table[0])


def test_half_a_second_of_speech_alarms_nobody(server: str, sentivox: Sentivox) -> None:
    stream = ("listen", "--file", CALL, "--fast", "--url", server, "--json", *TONE)
    events = [decode(line) for line in sentivox(*stream).stdout.splitlines()]
    out = StringIO()
    with LiveView(Console(file=out, width=140)) as view:
        for event in events:
            view.show(event)
    tones = [event for event in events if isinstance(event, AudioSentiment)]
    began = {
        (event.channel, event.utterance_id): event.start
        for event in events
        if isinstance(event, SpeechStarted)
    }
    judged = [
        tone for tone in tones if tone.end - began[tone.channel, tone.utterance_id] >= JUDGED_S
    ]
    assert 0 < len(judged) < len(tones)
    lines = [line for line in out.getvalue().splitlines() if "tone so far" in line]
    assert len(lines) == len(judged)
    for line, tone in zip(lines, judged, strict=True):
        assert tone.label in line
        assert (f"{tone.score:+.2f}" in line) is (tone.label != "unclear")


def test_the_live_view_listens_until_there_is_enough_speech() -> None:
    def shown(*, seconds: float, label: Label) -> str:
        out = StringIO()
        console = Console(file=out, force_terminal=True, width=100)
        with LiveView(console) as view:
            view.show(SpeechStarted(t=10.0, channel=0, utterance_id=1, start=10.0))
            view.show(
                AudioSentiment(
                    t=10 + seconds, channel=0, utterance_id=1, start=10.0, end=10 + seconds,
                    label=label, score=-0.5, scores={}, emotions={"anger": 0.63},
                )
            )  # fmt: skip
        return out.getvalue()

    early = shown(seconds=0.5, label="negative")
    assert "listening…" in early
    assert "-0.50" not in early
    assert "negative" not in early
    unsure = shown(seconds=1.5, label="unclear")
    assert re.search("tone +unclear", OWN.sub("", unsure))
    assert "-0.50" not in unsure
    assert "-0.50 negative" in shown(seconds=1.5, label="negative")


def test_an_utterance_is_shown_once_its_words_are_there_or_at_the_end() -> None:
    early = replace(uttered(0.0, 0.5, -0.5), final=False, degraded=["asr_late"])
    out = StringIO()
    with LiveView(Console(file=out, width=100)) as view:
        view.show(early)
        assert out.getvalue() == ""
        view.show(uttered(0.0, 0.5, 0.4, words="Good morning."))
        (line,) = out.getvalue().splitlines()
        assert "+0.40" in line
        assert "Good morning." in line
        view.show(replace(early, utterance_id=2))
        view.show(summary([], [0], 9.0))
    assert "-0.50" in out.getvalue().splitlines()[1]


@pytest.mark.parametrize("columns", WIDTHS)
def test_lines_of_the_live_view_keep_their_columns(columns: int) -> None:
    out = StringIO()
    console = Console(file=out, width=columns)
    words = "我已经等了一个小时，没有人帮我。" * 4
    with LiveView(console) as view:
        view.show(uttered(1.0, 3.0, -0.9, words=words))
        view.show(uttered(3601.0, 3603.0, 0.9, words=words))
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= columns
    starts = {cell_len(line[: line.index("我")]) for line in lines if line.strip()[0] in "01"}
    assert len(starts) == 1
    (start,) = starts
    assert all(not line[:start].strip() for line in lines if line.strip()[0] not in "01")


def test_colours_can_be_refused_and_forced(server: str, sentivox: Sentivox) -> None:
    once = ("top", "--url", server, "--once")
    assert COLOUR.search(on_a_terminal(*once))
    refused = on_a_terminal(*once, env={"NO_COLOR": "1"})
    assert "ready" in refused
    assert not COLOUR.search(refused)
    assert "\x1b" not in on_a_terminal(*once, env={"TERM": "dumb"})
    assert "\x1b" not in sentivox(*once).stdout
    assert COLOUR.search(sentivox(*once, env={"FORCE_COLOR": "1"}).stdout)


def test_forced_colours_move_nothing_and_narrow_nothing_in_a_pipe(sentivox: Sentivox) -> None:
    forced = sentivox("analyze", CALL, *TONE, env={"FORCE_COLOR": "1"})
    assert "\x1b[1m" in forced.stdout
    assert not MOVING.search(forced.stdout + forced.stderr)
    assert max(map(cell_len, OWN.sub("", forced.stdout).splitlines())) > 80


def test_nothing_moves_in_a_dumb_terminal(turns: Path) -> None:
    said = on_a_terminal("analyze", turns / "b.wav", *TONE, env={"TERM": "dumb"})
    assert "\x1b" not in said
    assert "real time" in said


def test_a_quiet_demo_is_its_result(sentivox: Sentivox) -> None:
    done = sentivox("demo", "--fast", "-q", "--asr", "pocketsphinx")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("time ")
    assert "Next:" not in done.stdout
    assert "Customer: 6 utterances" in done.stdout


def test_a_quiet_server_says_nothing() -> None:
    port = free_port()
    command = [*SENTIVOX, "serve", "--tone-only", "--port", str(port), "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        while server.poll() is None and not ready(f"http://127.0.0.1:{port}"):
            time.sleep(0.1)
        server.terminate()
        said, _ = server.communicate()
    assert said == b""
