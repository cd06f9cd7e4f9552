"""Models from a package index where the hub gives nothing: real pip and uv, both on loopback."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sentivox.errors import ModelError
from sentivox.models import package_index
from sentivox.models.catalog import CatalogModel, ModelFile, find_model
from sentivox.models.download import Progress, pull
from sentivox.models.store import ModelStore
from tests.models import hub as hubs
from tests.models import index as indexes

CONFIG, FIRST, SECOND = b'{"tiny": true}', bytes(range(256)) * 200, b"the other half" * 999
ONE = indexes.make_wheel("ears-one", {"ears_one/data/config.json": CONFIG, "ears_one/a": FIRST})
TWO = indexes.make_wheel("ears-two", {"ears_two/b": SECOND})
NOWHERE = "http://127.0.0.1:9"


def file(path: str, data: bytes, *members: str) -> ModelFile:
    return ModelFile(path, len(data), hashlib.sha256(data).hexdigest(), members)


EARS = CatalogModel(
    id="ears",
    role="asr",
    languages=("en",),
    repo="acme/ears",
    revision=hubs.COMMIT,
    files=(
        file("config.json", CONFIG, "ears_one/data/config.json"),
        file("model.bin", FIRST + SECOND, "ears_one/a", "ears_two/b"),
    ),
    megabytes=1,
    licence="MIT",
    about="stand-in",
    wheels=(indexes.listed("ears-one", ONE), indexes.listed("ears-two", TWO)),
)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[indexes.Index]:
    """An index that pip and uv take for the only one."""
    with indexes.serve({"ears-one": ONE, "ears-two": TWO}) as index:
        for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        monkeypatch.setenv("UV_NO_CONFIG", "1")
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        yield index


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", cache=tmp_path / "cache")


def left_over(store: ModelStore) -> list[Path]:
    """Files that are none of the model's."""
    assert store.folder is not None
    whole = {store.folder / "ears" / one.path for one in EARS.files}
    found = {path for path in store.folder.rglob("*") if path.is_file()}
    return sorted(path for path in found - whole if path.name != ".sentivox-lock")


@pytest.mark.usefixtures("index")
def test_the_index_serves_where_the_hub_is_dead(store: ModelStore) -> None:
    seen: list[Progress] = []
    told: list[str] = []
    root = pull(EARS, store, endpoint=NOWHERE, progress=seen.append, tell=told.append)
    assert (root / "model.bin").read_bytes() == FIRST + SECOND
    assert [check.state for check in store.verify(EARS)] == ["ok", "ok"]
    assert left_over(store) == []
    assert told[0].startswith(f"ears: not available from {NOWHERE} (")
    assert told[1:] == ["ears: from ears-one==1.0 and ears-two==1.0"]
    last = {one.file: (one.done, one.total) for one in seen}
    assert last == {"ears-one==1.0": (len(ONE), len(ONE)), "ears-two==1.0": (len(TWO), len(TWO))}
    assert not {"ears_one", "ears_two"} & set(sys.modules)


@pytest.mark.usefixtures("index")
def test_the_hub_cache_takes_them_too(tmp_path: Path) -> None:
    store = ModelStore(cache=tmp_path / "cache")
    root = pull(EARS, store, endpoint=NOWHERE)
    assert root == store.locate(EARS)
    assert root.name == EARS.revision


def test_the_hub_is_asked_first(index: indexes.Index, store: ModelStore) -> None:
    files = {"acme/ears/config.json": CONFIG, "acme/ears/model.bin": FIRST + SECOND}
    with hubs.serve(files) as hub:
        pull(EARS, store, endpoint=hub.url)
    assert index.requests == []


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("fault", ["wrong bytes", "half", "hangs"])
def test_a_hub_that_fails_midway(
    store: ModelStore, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 1)
    monkeypatch.setattr("huggingface_hub.constants.DEFAULT_ETAG_TIMEOUT", 1)
    files = {"acme/ears/config.json": CONFIG, "acme/ears/model.bin": FIRST + SECOND}
    with hubs.serve(files) as hub:
        match fault:
            case "wrong bytes":
                hub.files["acme/ears/model.bin"] = SECOND + FIRST
            case "half":
                del hub.files["acme/ears/model.bin"]
            case _:
                hub.slow = 4.0
        root = pull(EARS, store, endpoint=hub.url)
    assert (root / "model.bin").read_bytes() == FIRST + SECOND
    assert left_over(store) == []


def test_a_yanked_release_still_serves(index: indexes.Index, store: ModelStore) -> None:
    index.yanked = {"ears-one", "ears-two"}
    pull(EARS, store, endpoint=NOWHERE)
    assert store.locate(EARS)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", "ears-two==1.0: no index has it"),
        ("other bytes", "ears-two==1.0: the index has other bytes under this name"),
        ("no member", "ears_two/b is not in its wheels"),
        ("wrong member", r"model.bin is not the file that was expected \(SHA-256 differs\)"),
        ("too large", "model.bin is larger than it should be"),
    ],
)
def test_what_is_wrong_with_the_index_is_one_line(
    index: indexes.Index, store: ModelStore, fault: str, reason: str
) -> None:
    model = EARS
    made = {
        "no member": indexes.make_wheel("ears-two", {"ears_two/c": SECOND}),
        "wrong member": indexes.make_wheel("ears-two", {"ears_two/b": SECOND[::-1]}),
        "too large": indexes.make_wheel("ears-two", {"ears_two/b": SECOND * 9}),
    }
    if fault == "gone":
        del index.wheels["ears-two"]
    elif fault == "other bytes":
        index.wheels["ears-two"] = indexes.make_wheel("ears-two", {"ears_two/b": FIRST})
    else:
        index.wheels["ears-two"] = made[fault]
        listed = indexes.listed("ears-two", made[fault])
        model = replace(EARS, wheels=(EARS.wheels[0], listed))
    with pytest.raises(ModelError, match=reason) as raised:
        pull(model, store, endpoint=NOWHERE)
    assert "\n" not in str(raised.value)
    assert "set SENTIVOX_MODELS_DIR to a folder with ears/config.json" in str(raised.value)
    assert store.locate(model) is None


def test_a_wheel_that_came_whole_is_not_fetched_again(
    index: indexes.Index, store: ModelStore
) -> None:
    del index.wheels["ears-two"]
    with pytest.raises(ModelError):
        pull(EARS, store, endpoint=NOWHERE)
    index.wheels["ears-two"] = TWO
    index.requests.clear()
    pull(EARS, store, endpoint=NOWHERE)
    assert {path.split("/")[2] for path in index.requests} == {"ears-two"}
    assert left_over(store) == []


@pytest.mark.usefixtures("index")
def test_uv_fetches_where_there_is_no_pip(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beside = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if uv is None:
        from uv import find_uv_bin

        uv = find_uv_bin()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").symlink_to(uv)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(package_index, "find_spec", lambda _: None)
    root = pull(EARS, store, endpoint=NOWHERE)
    assert (root / "model.bin").read_bytes() == FIRST + SECOND
    assert left_over(store) == []


def test_neither_pip_nor_uv(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(package_index, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="neither pip nor uv is installed"):
        pull(EARS, store, endpoint=NOWHERE)


def test_whoever_wants_no_network_gets_none(
    index: indexes.Index, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        pull(EARS, store)
    assert index.requests == []


@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-base"])
def test_what_the_catalogue_says_of_wheels_is_complete(name: str) -> None:
    model = find_model(name)
    assert model.wheels
    for one in model.files:
        assert one.members
        assert one.sha256
        assert one.size
