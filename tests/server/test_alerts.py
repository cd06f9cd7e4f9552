"""Alerts on a server: the operator's rules, a client's own, and where they show."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from sentivox.audio.files import write_wav
from sentivox.audio.pcm import AudioFormat
from sentivox.cli.scrape import scrape
from sentivox.cli.server_reading import read_scrapes
from sentivox.client.http import Site
from sentivox.conversation.alerts.rules import read_rules
from sentivox.conversation.alerts.toml_file import BadRules
from sentivox.engine.engine import Engine
from sentivox.server.rule_file import RuleFile
from sentivox.stream.config import StreamConfig
from tests.server.serving import call_audio, client, content, offline, only, serving
from tests.stream.harness import speech as noise

QUIET: dict[str, Any] = {"name": "quiet", "severity": "info", "silence": {"for_s": 1.0}}
TALK: dict[str, Any] = {"name": "talk", "monologue": {"for_s": 0.5}}
TONE = "modalities=audio"


def written(path: Path, name: str, seconds: float = 1.0) -> Path:
    """A file with one rule about silence."""
    path.write_text(f'[[rule]]\nname = "{name}"\nsilence = {{ for_s = {seconds} }}\n')
    return path


def later(path: Path) -> None:
    """Let a file seem to have been written later, however coarse the clock of the disk."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def test_a_stream_has_the_operators_alerts_and_its_own(
    engine: Engine, speech: bytes, tmp_path: Path
) -> None:
    rules = RuleFile(written(tmp_path / "rules.toml", "operator's", 0.6))
    with serving(engine, late_s=600.0, rules=rules) as running, client(running) as http:
        with running.call() as caller:
            caller.next()
            caller.say("Configure", alerts=[QUIET])
            caller.say("Configure", alerts=[TALK])  # in place of those before
            caller.until("Begin")
            caller.until("Begin")
            messages = caller.finish(speech)
        metrics = http.get("/metrics").text
        reading = read_scrapes(scrape(Site.at(running.http)))
    alerts = only(messages, "Alert")
    assert {alert["rule"] for alert in alerts} == {"operator's", "talk"}
    assert [m["seq"] for m in messages] == list(range(4, 4 + len(messages)))
    (told,) = only(messages, "Summary")
    assert {a["why"] for a in told["alerts"]} == {a["why"] for a in alerts}
    count = sum(alert["rule"] == "talk" for alert in alerts)
    own = f'sentivox_alerts_total{{rule="session",severity="warning"}} {count:.1f}'
    assert own in metrics.splitlines()
    assert 'sentivox_alerts_total{rule="operator\'s",severity="warning"}' in metrics
    assert reading.alerts == {"warning": len(alerts)}


def test_a_server_gives_the_alerts_of_offline_analysis(engine: Engine) -> None:
    call = call_audio(0.0, 14.5, None)
    rules = read_rules([QUIET, TALK, {"name": "words", "phrases": {"any": ["hour", "good"]}}])
    config = StreamConfig(alerts=rules)
    with (
        serving(engine, late_s=600.0, stream=config) as running,
        running.call("channels=2") as caller,
    ):
        live = content(only(caller.finish(call), "Alert"))
    alone = content(only(offline(engine, call, AudioFormat(channels=2), config), "Alert"))
    assert {a["rule"] for a in alone} >= {"quiet", "talk"}
    assert live == alone


def test_a_client_cannot_take_the_name_of_a_rule_of_the_server(
    engine: Engine, tmp_path: Path
) -> None:
    rules = RuleFile(written(tmp_path / "rules.toml", "quiet"))
    with serving(engine, rules=rules) as running, running.call(TONE) as caller:
        caller.next()
        caller.say("Configure", alerts=[QUIET])
        error = caller.next()
    assert (error["code"], error["fatal"]) == ("bad_config", False)
    assert error["message"] == ("alerts: the server has a rule 'quiet' too: choose another name")


def test_a_recording_has_the_operators_alerts_and_the_rules_it_cannot_use(
    engine: Engine, tmp_path: Path
) -> None:
    path = written(tmp_path / "rules.toml", "quiet")
    path.write_text(
        path.read_text() + '[[rule]]\nname = "agent"\nsilence = { role = "agent", for_s = 1 }\n'
    )
    write_wav(tmp_path / "a.wav", noise((True, 1.0), (False, 2.0)))
    with serving(engine, rules=RuleFile(path)) as running, client(running) as http:
        files = {"file": (tmp_path / "a.wav").read_bytes()}
        document = http.post("/v1/analyze", params={"modalities": "audio"}, files=files).json()
    assert [alert["rule"] for alert in document["summary"]["alerts"]] == ["quiet"]
    assert any("alert rule 'agent' is not used here: no channel" in n for n in document["notes"])


def test_a_changed_file_is_read_for_the_next_session_unless_it_is_bad(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path / "rules.toml", "first")
    rules = RuleFile(path)

    def names() -> list[str]:
        return [rule.name for rule in rules.current()]

    with caplog.at_level(logging.INFO, "sentivox.server"):
        assert names() == ["first"]
        written(path, "second")
        later(path)
        assert names() == ["second"]
        path.write_text('[[rule]]\nname = "third"\nsilnce = 3\n')
        later(path)
        assert names() == names() == ["second"]
        path.unlink()
        assert names() == names() == ["second"]
        written(path, "fourth")
        assert names() == ["fourth"]
    loaded, bad, gone, again = (record.getMessage() for record in caplog.records)
    assert loaded.startswith("alerts_loaded")
    assert "rules.toml, line 3: rule 'third': unknown key" in bad
    assert gone.startswith("alerts_kept")
    assert again.startswith("alerts_loaded")


def test_a_server_does_not_start_with_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(BadRules, match="cannot be read"):
        RuleFile(tmp_path / "rules.toml")
