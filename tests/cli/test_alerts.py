"""`sentivox alerts test`, `--alerts`, and alerts in the live view."""

import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from sentivox.cli.live import LiveView
from sentivox.protocol.events import Alert
from sentivox.samples import CALL
from tests.cli.conftest import Sentivox

EXAMPLE = Path(__file__).parents[2] / "examples/alerts.toml"
ROLES = ("--roles", "agent,customer")


def test_the_example_gives_alerts_in_the_sample_call(sentivox: Sentivox) -> None:
    done = sentivox("alerts", "test", EXAMPLE, CALL, *ROLES, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["notes"] == []
    alerts = {alert["rule"]: alert for alert in document["alerts"]}
    assert alerts.keys() == {
        "complaint about waiting",
        "unhappy customer",
        "mood has turned",
        "recording not announced",
    }
    unhappy = alerts["unhappy customer"]
    assert (unhappy["severity"], unhappy["channel"]) == ("critical", 1)
    assert 14 < unhappy["t"] < 18  # "I am very angry and nobody helped me"
    assert unhappy["why"].startswith("Customer: mean score -0.")


def test_for_people_it_is_a_line_each_and_rules_about_nobody_are_named(sentivox: Sentivox) -> None:
    done = sentivox("alerts", "test", EXAMPLE, CALL, *ROLES)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any("critical  unhappy customer: Customer: mean score" in line for line in lines)
    assert any(line.startswith("no alert: angry voice, wants to leave") for line in lines)
    nobody = sentivox("alerts", "test", EXAMPLE, CALL, "--modalities", "audio")
    assert nobody.returncode == 0, nobody.stderr
    assert "note: alert rule 'angry voice' is not used here: no channel has the" in nobody.stdout


def test_rules_alone_are_checked(sentivox: Sentivox, tmp_path: Path) -> None:
    done = sentivox("alerts", "test", EXAMPLE)
    assert (done.returncode, done.stdout.strip()) == (0, f"{EXAMPLE}: 12 rules, all valid")
    bad = tmp_path / "rules.toml"
    bad.write_text('[[rule]]\nname = "angry customer"\nsentiment = { windw_s = 3 }\n')
    for command in (("alerts", "test", bad), ("analyze", CALL, "--alerts", bad),
                    ("serve", "--port", "0", "--alerts", bad)):  # fmt: skip
        done = sentivox(*command)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"sentivox: error: {bad}, line 3: rule 'angry customer': unknown")


def test_analysis_has_alerts_in_every_form(sentivox: Sentivox) -> None:
    options = (CALL, *ROLES, "--alerts", EXAMPLE, "-q")
    lines = sentivox("analyze", *options, "--jsonl").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    alerts = [event for event in events if event["type"] == "Alert"]
    assert len(alerts) == 4
    table = sentivox("analyze", *options).stdout
    for alert in alerts:
        assert f"{alert['severity']}  {alert['rule']}: {alert['why']}" in table
    document = json.loads(sentivox("analyze", *options, "--json").stdout)
    told = document["summary"]["alerts"]
    assert sorted(a["why"] for a in told) == sorted(a["why"] for a in alerts)
    assert [a["t"] for a in told] == sorted(a["t"] for a in told)


def test_a_recording_that_is_none_fails_and_the_others_go_on(
    sentivox: Sentivox, turns: Path
) -> None:
    done = sentivox(
        "alerts", "test", EXAMPLE, turns / "notes.txt", turns / "b.wav", "--json",
        "--modalities", "audio",
    )  # fmt: skip
    assert done.returncode == 1
    assert "notes.txt" in done.stderr
    assert json.loads(done.stdout)["file"].endswith("b.wav")


def test_the_live_view_prints_an_alert_in_a_line() -> None:
    out = StringIO()
    with LiveView(Console(file=out, width=140), quiet=True) as view:
        view.show(
            Alert(t=75.2, rule="dead air", severity="info", channel=None, start=60.2,
                  why="Nobody has talked for 15 s.")
        )  # fmt: skip
    assert out.getvalue().rstrip() == "! 1:15.2  info  dead air: Nobody has talked for 15 s."
