"""What is counted and logged of deliveries."""

import logging

import pytest

from sentivox.client.exposition import parse_metrics
from sentivox.sinks.metrics import Metrics
from sentivox.webhooks.observer import WebhookObserver
from tests.webhooks.made import delivery


def test_each_kind_of_failure_is_logged_once_in_ten_minutes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    metrics = Metrics(lambda: 0, lambda: 0, lambda: 0, lambda: None)
    now = 0.0
    observer = WebhookObserver(metrics, lambda: now)
    refused, slow = delivery(last_error="status 500"), delivery(last_error="did not answer")
    for at in (0.0, 1.0, 599.0, 600.0):
        now = at
        observer.outcome(refused, "failed")
        observer.outcome(slow, "failed")
        observer.outcome(delivery(), "delivered")
        observer.log_failed("crm", OSError("INSERT ... 'i hate you'"))
    observer.outcome(delivery(endpoint="bell", last_error="status 500"), "dead")
    observer.pending("crm", 3)
    once = [
        "webhook_failed endpoint=crm problem='status 500'",
        "webhook_failed endpoint=crm problem='did not answer'",
        "webhook_log_failed endpoint=crm problem=OSError",
    ]
    assert [record.getMessage() for record in caplog.records] == [
        *once, *once, "webhook_dead endpoint=bell problem='status 500'"
    ]  # fmt: skip
    seen = parse_metrics(metrics.render().decode())
    counts = {
        dict(labels)["endpoint"] + " " + dict(labels)["outcome"]: value
        for (name, labels), value in seen.items()
        if name == "sentivox_webhook_deliveries_total"
    }
    assert counts == {"crm failed": 8, "crm delivered": 4, "bell dead": 1}
    assert seen["sentivox_webhook_pending", (("endpoint", "crm"),)] == 3
