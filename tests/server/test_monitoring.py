"""The alert rules and the dashboard: that they ask for what a real server tells."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "grafana.json").read_text())
STAGES = {"queue", "vad", "asr", "text", "tone", "fusion", "total"}


def queries() -> list[str]:
    """Every expression that is sent to Prometheus."""
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked = [v["query"]["query"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"]
    return [rule["expr"] for rule in RULES] + panels + asked


def names(families: Any) -> Iterator[str]:
    """What Prometheus stores of these families, whether or not anything was counted yet."""
    for family in families:
        yield from {
            "counter": [f"{family.name}_total"],
            "histogram": [f"{family.name}_{part}" for part in ("bucket", "sum", "count")],
        }.get(family.type, [family.name])


def test_every_metric_they_use_is_one_that_a_server_has(http: httpx.Client) -> None:
    there = set(names(text_string_to_metric_families(http.get("/metrics").text)))
    used = {name for query in queries() for name in re.findall(r"\bsentivox_\w+", query)}
    assert used
    assert used <= there
    stages = {s for query in queries() for s in re.findall(r'stage="(\w+)"', query)}
    assert stages <= STAGES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_whole(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_thresholds_are_those_that_are_written_down() -> None:
    limits = {rule["alert"]: rule["expr"].rpartition("> ")[2].strip() for rule in RULES}
    assert float(limits["SentivoxMemoryHigh"]) == 0.85
    assert float(limits["SentivoxCpuHigh"]) == 0.80
    assert float(limits["SentivoxWordsSlow"]) == 0.5
    assert float(limits["SentivoxUtterancesFail"]) == 0.02
    assert float(limits["SentivoxSessionsFail"]) == 0.02


def test_the_dashboard_has_no_two_panels_in_one_place() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
