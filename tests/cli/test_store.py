"""`sentivox store`, `analyze --store` and `webhooks list|retry`, as users run them."""

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest

from sentivox.samples import CALL
from sentivox.store.database import Database
from sentivox.store.deliveries import StoredDeliveries
from tests.cli.conftest import Sentivox
from tests.webhooks.made import delivery


@pytest.fixture(scope="module")
def store(sentivox: Sentivox, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in which the sample call is, as `analyze --store` left it."""
    address = f"sqlite:///{tmp_path_factory.mktemp('store')}/calls.db"
    done = sentivox("analyze", "--modalities", "audio", "--quiet", "--json", "--tags", "demo,x",
                    "--roles", "agent,customer", "--store", address, CALL)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return address


def test_a_recording_is_kept(sentivox: Sentivox, store: str) -> None:
    done = sentivox("store", "check", "--store", store)
    assert done.stdout == f"{store}: 1 session, 10 utterances\n"
    (line,) = sentivox("store", "export", "--store", store).stdout.splitlines()
    document = json.loads(line)
    assert document["session"]["tags"] == ["demo", "x"]
    assert document["session"]["source"] == "recording"
    assert document["file"] == str(CALL)
    assert [c["name"] for c in document["channels"]] == ["Agent", "Customer"]


def test_export_as_a_table(sentivox: Sentivox, store: str, tmp_path: Path) -> None:
    out = tmp_path / "calls.csv"
    done = sentivox("store", "export", "--store", store, "--format", "csv", "--tag", "demo",
                    "-o", out)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len(rows) == 10
    assert {row["role"] for row in rows} == {"agent", "customer"}
    nothing = sentivox("store", "export", "--store", store, "--since", "2099-01-01")
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_schema_by_hand(sentivox: Sentivox, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/new.db"
    asyncio.run(Database.at(address).close())
    assert sentivox("store", "check", "--store", address).stderr == (
        f"sentivox: error: {tmp_path}/new.db does not exist\n"
    )
    assert sentivox("store", "upgrade", "--store", address).stdout == "schema none -> 0002\n"
    assert sentivox("store", "upgrade", "--store", address).stdout == "schema 0002\n"


def test_erase_and_prune(sentivox: Sentivox, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/calls.db"
    for tag in ("a", "b"):
        done = sentivox("analyze", "--modalities", "audio", "-q", "--tags", tag, "--store", address,
                        "--json", CALL)  # fmt: skip
        assert done.returncode == 0
    assert sentivox("store", "erase", "--store", address, "--tag", "a").stdout == (
        "erased 1 session\n"
    )
    kept = json.loads(sentivox("store", "export", "--store", address).stdout)["session"]["id"]
    wrong = sentivox("store", "erase", "--store", address, "nobody")
    assert (wrong.returncode, wrong.stderr) == (
        1, "sentivox: error: there is no session nobody\n",
    )  # fmt: skip
    assert sentivox("store", "prune", "--store", address, "--keep", "1d").stdout == (
        "erased 0 sessions\n"
    )
    assert sentivox("store", "erase", "--store", address, kept).stdout == "erased 1 session\n"


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (
            ["store", "check"],
            "name the database: --store sqlite:///calls.db, or set SENTIVOX_STORE",
        ),
        (["store", "check", "--store", "calls.db"], "this is neither"),
        (["store", "erase", "--store", "sqlite:///a.db"], "name sessions by their ids, or all of"),
        (
            ["store", "prune", "--store", "sqlite:///a.db", "--keep", "soon"],
            "is not an age such as",
        ),
        (["analyze", "--store", "sqlite:////nowhere/a.db", str(CALL)], "No such file or directory"),
        (["serve", "--store", "calls.db", "--port", "0"], "this is neither"),
        (["serve", "--store", "sqlite:///a.db", "--keep", "soon"], "an age such as 90d or 12h"),
        (["token", "--name", "admin:eve"], "use --admin"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    sentivox: Sentivox, args: list[str], problem: str
) -> None:
    done = sentivox(*args)
    assert done.returncode in {1, 2}
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_of_an_administrator(sentivox: Sentivox, tmp_path: Path) -> None:
    done = sentivox("token", "--admin", "--name", "Ann", "--file", tmp_path / "tokens")
    assert len(done.stdout.strip()) > 40
    assert (tmp_path / "tokens").read_text().endswith(" admin:Ann\n")


def test_deliveries_are_listed_and_sent_again(sentivox: Sentivox, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/calls.db"

    async def fill() -> None:
        database = Database.at(address)
        await database.prepare()
        await StoredDeliveries(database).add(delivery("one", status="dead", last_error="timeout"))
        await database.close()

    asyncio.run(fill())
    listed = sentivox("webhooks", "list", "--store", address, "--status", "dead").stdout
    assert listed.startswith("msg_one ")
    assert "dead after 0 attempts timeout" in listed
    assert sentivox("webhooks", "retry", "--store", address).returncode == 0
    found = json.loads(sentivox("webhooks", "list", "--store", address, "--json").stdout)
    assert [row["status"] for row in found["deliveries"]] == ["pending"]
    wrong = sentivox("webhooks", "retry", "--store", address, "msg_none")
    assert wrong.stderr == (
        "sentivox: error: there is no delivery msg_none: webhooks list has them all\n"
    )
