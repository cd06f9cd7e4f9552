"""Receives the alerts of `deploy/monitoring/alerts.yml` from Prometheus' Alertmanager.

    uvicorn --app-dir examples --port 9095 alert_webhook:app

In Alertmanager's configuration:

    receivers:
      - name: sentivox
        webhook_configs:
          - url: http://127.0.0.1:9095/alerts

What it does with them is up to you; this one prints a line each.
"""

from fastapi import FastAPI
from pydantic import BaseModel


class Alert(BaseModel):
    """One alert of Alertmanager's webhook, version 4, as far as we need it."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str] = {}


class Notice(BaseModel):
    """What Alertmanager posts: alerts that belong together."""

    alerts: list[Alert]


app = FastAPI()


@app.post("/alerts", status_code=204)
async def take(notice: Notice) -> None:
    """Alerts that have begun ("firing") or are over ("resolved")."""
    for alert in notice.alerts:
        name, about = alert.labels.get("alertname"), alert.annotations.get("summary", "")
        print(f"{alert.status}: {name}: {about}", flush=True)
