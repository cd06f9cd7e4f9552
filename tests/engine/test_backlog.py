"""Who gets a worker next, and who has to wait although one is idle."""

import pytest

from sentivox.engine import backlog as module
from sentivox.engine.backlog import Backlog, Pending
from sentivox.engine.breaker import Breaker


def put(waiting: Backlog, stream: str, *, live: bool) -> Pending:
    job = Pending(audio=b"", language=None, cpu_s=1.0, stream=stream, live=live)
    waiting.put(job)
    return job


@pytest.fixture
def waiting() -> Backlog:
    return Backlog(Breaker(5, 60.0))


def test_while_somebody_talks_workers_are_kept_from_uploads(waiting: Backlog):
    talk = put(waiting, "talk", live=True)
    assert waiting.take(0, "live") is talk
    upload = put(waiting, "upload", live=False)
    assert waiting.take(0, "live") is None
    talk = put(waiting, "talk", live=True)
    assert waiting.take(0, "live") is talk
    assert waiting.take(0) is upload


def test_where_nobody_talks_uploads_have_every_worker(waiting: Backlog):
    upload = put(waiting, "upload", live=False)
    assert not waiting.wait(0, "uploads")
    assert waiting.take(0, "live") is upload


def test_a_worker_is_not_kept_for_ever(waiting: Backlog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "KEPT_FREE_S", 0.0)
    talk = put(waiting, "talk", live=True)
    assert waiting.take(0, "live") is talk
    upload = put(waiting, "upload", live=False)
    assert waiting.take(0, "live") is upload


def test_other_workers_take_turns_between_all(waiting: Backlog):
    jobs = [put(waiting, "upload", live=False), put(waiting, "talk", live=True)]
    put(waiting, "upload", live=False)
    assert [waiting.take(0), waiting.take(0)] == jobs


def test_a_worker_for_uploads_takes_nothing_that_somebody_waits_for(waiting: Backlog):
    put(waiting, "talk", live=True)
    assert not waiting.wait(0, "uploads")
    assert waiting.take(0, "uploads") is None
    upload = put(waiting, "upload", live=False)
    assert waiting.wait(0, "uploads")
    assert waiting.take(0, "uploads") is upload


def test_where_uploads_have_no_worker_of_their_own_all_share(waiting: Backlog):
    talk = put(waiting, "talk", live=True)
    assert waiting.take(0, "live") is talk
    upload = put(waiting, "upload", live=False)
    assert waiting.take(0, "live") is None
    waiting.share(600)
    assert waiting.take(0, "live") is upload
