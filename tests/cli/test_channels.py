"""What `analyze` writes names the channels as asked, or counts them: from 1 for people."""

import csv
import io
import json
import re
from pathlib import Path

from sentivox.samples import CALL
from tests.cli.conftest import Sentivox


def test_every_output_of_a_recording_names_its_channels(sentivox: Sentivox, tmp_path: Path) -> None:
    report, srt, vtt = (tmp_path / f"call.{kind}" for kind in ("html", "srt", "vtt"))
    done = sentivox(
        "analyze", CALL, "--csv", "--report", report, "--srt", srt, "--vtt", vtt,
        "--channel-names", "Ms Li, <b>Wu", "--roles", "agent,customer",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {(row["channel"], row["channel_name"], row["role"]) for row in rows} == {
        ("0", "Ms Li", "agent"),
        ("1", "<b>Wu", "customer"),
    }
    page = report.read_text()
    assert "<h3>Ms Li</h3>" in page
    assert "<h3>&lt;b&gt;Wu</h3>" in page
    assert "<b>Wu" not in page
    (headline,) = re.findall(r'<p class="lead headline">(.*?)</p>', page)
    assert "&lt;b&gt;Wu" in headline
    assert "Ms Li: Good morning" in srt.read_text() or "Ms Li: good morning" in srt.read_text()
    assert "<v &lt;b&gt;Wu>" in vtt.read_text()
    for text in (page, srt.read_text(), vtt.read_text()):
        assert "hannel 1" not in text
        assert "hannel 0" not in text


def test_the_document_and_the_table_too(sentivox: Sentivox) -> None:
    document = json.loads(sentivox("analyze", CALL, "--json", "--roles", "customer,other").stdout)
    told = [(c["channel"], c["name"], c["role"]) for c in document["channels"]]
    assert told == [(0, "Customer", "customer"), (1, "channel 2", "other")]
    whole = document["summary"]
    assert [(c["channel"], c["name"], c["role"]) for c in whole["channels"]] == told
    assert (whole["overall"]["name"], whole["overall"]["role"]) == (None, None)
    table = sentivox("analyze", CALL, "--channel-names", "Ms Li,Mr Wu").stdout
    assert "│ Ms Li │" in table
    assert "\nMr Wu: 6 utterances" in table
    assert " Mr Wu turned worse" in table
    assert "channel" not in table


def test_a_recording_with_other_channels_fails_in_one_line_and_the_others_do_not(
    sentivox: Sentivox, turns: Path
) -> None:
    done = sentivox("analyze", turns / "b.wav", CALL, "-q", "--channel-names", "A,B")
    assert done.returncode == 1
    assert "A: 4 utterances" in done.stdout
    (line,) = done.stderr.strip().splitlines()
    assert "b.wav: channel_names has 2 values (A, B), but there is 1 channel" in line
    done = sentivox("analyze", CALL, "-q", "--channel-names", "A,B", "--mixdown")
    assert (done.returncode, done.stdout) == (1, "")
    assert "call.flac: channel_names has 2 values (A, B), but there is 1 channel" in done.stderr
    done = sentivox("analyze", CALL, "--channel-names", "A,")
    assert done.returncode == 2
    assert "channel_names takes a name for each channel, such as Agent,Customer" in done.stderr
