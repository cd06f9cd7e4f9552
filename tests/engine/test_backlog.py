"""Who gets a worker next, and who has to wait although one is idle."""

from itertools import repeat

import pytest

from sentivox.engine import backlog as module
from sentivox.engine.backlog import Backlog, Pending
from sentivox.engine.breaker import Breaker


def backlog(workers: int) -> Backlog:
    return Backlog(Breaker(5, 60.0), workers)


def job(stream: str, *, live: bool) -> Pending:
    return Pending(audio=b"", language=None, deadline_s=1.0, stream=stream, live=live)


def put(waiting: Backlog, stream: str, times: int, *, live: bool) -> list[Pending]:
    jobs = [job(stream, live=live) for _ in repeat(None, times)]
    for one in jobs:
        waiting.put(one)
    return jobs


def test_an_upload_leaves_a_worker_to_those_who_talk():
    waiting = backlog(2)
    talk = put(waiting, "talk", 1, live=True)
    upload = put(waiting, "upload", 3, live=False)
    assert [waiting.take(0), waiting.take(0)] == [talk[0], upload[0]]
    waiting.served(talk[0], well=True)
    assert waiting.take(0) is None
    talk = put(waiting, "talk", 2, live=True)
    assert waiting.take(0) is talk[0]
    waiting.served(upload[0], well=True)
    assert [waiting.take(0), waiting.take(0)] == [upload[1], talk[1]]  # in turn


def test_a_job_that_is_not_begun_leaves_its_place():
    waiting = backlog(2)
    put(waiting, "talk", 1, live=True)
    first, second = put(waiting, "upload", 2, live=False)
    assert waiting.take(0) is not None
    assert waiting.take(0) is first
    waiting.abandon(first)
    assert waiting.take(0) is second
    waiting.put_back(second)
    assert waiting.take(0) is second
    assert waiting.take(0) is None


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_where_nobody_talks_uploads_have_all_workers(workers: int):
    waiting = backlog(workers)
    upload = put(waiting, "upload", workers, live=False)
    assert [waiting.take(0) for _ in upload] == upload


def test_a_single_worker_serves_everybody():
    waiting = backlog(1)
    (talk,) = put(waiting, "talk", 1, live=True)
    (upload,) = put(waiting, "upload", 1, live=False)
    assert waiting.take(0) is talk
    waiting.served(talk, well=True)
    assert waiting.take(0) is upload


def test_a_worker_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "KEPT_FREE_S", 0.0)
    waiting = backlog(2)
    (talk,) = put(waiting, "talk", 1, live=True)
    upload = put(waiting, "upload", 2, live=False)
    assert waiting.take(0) is talk
    waiting.served(talk, well=True)
    assert [waiting.take(0), waiting.take(0)] == upload
