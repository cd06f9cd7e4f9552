"""Stored conversations as a whole, by REST: compared by day, tag and speaker; one as a report."""

from collections.abc import Iterator

import httpx
import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token, token_hash
from tests.server.serving import Running, client, serving
from tests.store.conftest import filled, within
from tests.store.made import said, session

AMY, BOB = new_token(), new_token()

CALLS = [
    *session("angry", said(score=-0.5, words="<b>no</b> & never"), owner="amy", tags=("eu",)),
    *session("happy", said(score=0.9), said(1, 1, start=4, score=0.7), owner="amy", tags=("eu",)),
    *session("silent", owner="amy"),
    *session("theirs", said(score=0.2), owner="bob", tags=("eu",)),
]


@pytest.fixture(scope="module")
def keeping(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with stored conversations of two holders."""
    folder = tmp_path_factory.mktemp("kept")
    address = f"sqlite:///{folder}/calls.db"
    within(address, lambda database: filled(database, *CALLS))
    lines = [f"{token_hash(token)} {name}\n" for token, name in ((AMY, "amy"), (BOB, "bob"))]
    (folder / "tokens").write_text("".join(lines))
    with serving(engine, store=address, keyring=Keyring.read(folder / "tokens")) as running:
        yield running


@pytest.fixture(scope="module")
def amy(keeping: Running) -> Iterator[httpx.Client]:
    with client(keeping, AMY) as http:
        yield http


def test_the_trend_counts_what_the_holder_sees(keeping: Running, amy: httpx.Client) -> None:
    group = {"sessions": 2, "mean_score": 0.15, "low": None, "high": None}
    by_tag = amy.get("/v1/sessions/trend", params={"by": "tag"}).json()
    assert by_tag == {"groups": [{"key": "eu"} | group]}
    by_day = amy.get("/v1/sessions/trend", params={"by": "day"}).json()
    assert by_day == {"groups": [{"key": "2025-10-09"} | group]}
    with client(keeping, BOB) as bob:
        (seen,) = bob.get("/v1/sessions/trend", params={"by": "tag"}).json()["groups"]
        assert (seen["sessions"], seen["mean_score"]) == (1, 0.2)
    with client(keeping) as nobody:
        assert nobody.get("/v1/sessions/trend?by=day").status_code == 401


def test_the_trend_takes_the_filters_of_the_list(amy: httpx.Client) -> None:
    answer = amy.get("/v1/sessions/trend", params={"by": "day", "q": "thank", "label": "positive"})
    (group,) = answer.json()["groups"]
    assert (group["sessions"], group["mean_score"]) == (1, 0.8)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "by: Field required"),
        ("by=week", "by: Input should be 'day', 'tag' or 'speaker'"),
        ("by=day&limit=5", "limit: there is no such parameter"),
    ],
)
def test_a_trend_that_cannot_be(amy: httpx.Client, query: str, message: str) -> None:
    answer = amy.get(f"/v1/sessions/trend?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(message)


def test_the_report_is_a_page_of_its_own(amy: httpx.Client) -> None:
    answer = amy.get("/v1/sessions/angry/report")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "stored without its sound" in answer.text
    assert "&lt;b&gt;no&lt;/b&gt; &amp; never" in answer.text
    assert "corrected" not in answer.text
    label = {"label": "neutral"}
    assert amy.post("/v1/sessions/angry/utterances/0/1/label", json=label).status_code == 204
    assert "have corrected since: 1." in amy.get("/v1/sessions/angry/report").text


def test_the_report_of_silence(amy: httpx.Client) -> None:
    assert "No speech was found." in amy.get("/v1/sessions/silent/report").text


def test_no_report_of_what_others_own(amy: httpx.Client) -> None:
    assert amy.get("/v1/sessions/theirs/report").status_code == 404
    assert amy.get("/v1/sessions/nowhere/report").status_code == 404


def test_one_session_is_exported_by_its_id(amy: httpx.Client) -> None:
    rows = amy.get("/v1/sessions/export", params={"format": "csv", "id": "happy"}).text
    assert [line.split(",")[0] for line in rows.splitlines()[1:]] == ["happy", "happy"]


def test_a_document_says_whether_audio_is_kept(amy: httpx.Client) -> None:
    assert amy.get("/v1/sessions/happy").json()["audio"] is False


def test_readiness_tells_of_the_store(amy: httpx.Client, http: httpx.Client) -> None:
    assert amy.get("/readyz").json()["store"] == "open"
    assert http.get("/readyz").json()["store"] is None


def test_the_history_page_lets_reports_in(http: httpx.Client, amy: httpx.Client) -> None:
    policy = http.get("/history").headers["Content-Security-Policy"]
    allowed = {word for word in policy.replace(";", " ").split() if word.startswith("'sha256-")}
    report = amy.get("/v1/sessions/happy/report").text
    needed = report.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
    assert {word for word in needed.replace(";", " ").split() if "sha256-" in word} == allowed
