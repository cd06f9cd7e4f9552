"""Pulling models from a hub that really answers, on this machine."""

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, ModelFile
from sentivox.models.download import Progress, pull
from sentivox.models.store import LOCK, ModelStore
from tests.models.hub import COMMIT, Hub, serve

WEIGHTS = bytes(range(256)) * 400
CONFIG = b'{"tiny": true}'
FILES = {"acme/ears/config.json": CONFIG, "acme/ears/onnx/model.onnx": WEIGHTS}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


EARS = CatalogModel(
    id="ears",
    role="asr",
    languages=("en",),
    repo="acme/ears",
    revision=COMMIT,
    files=(
        ModelFile("config.json"),
        ModelFile("onnx/model.onnx", len(WEIGHTS), digest(WEIGHTS)),
    ),
    megabytes=1,
    licence="MIT",
    about="stand-in",
)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve(dict(FILES)) as hub:
        yield hub


@pytest.fixture(params=["folder", "cache"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    """A store that downloads to a folder of its own, and one that uses a hub cache."""
    if request.param == "folder":
        return ModelStore(tmp_path / "models", cache=tmp_path / "cache")
    return ModelStore(cache=tmp_path / "cache")


def states(store: ModelStore, model: CatalogModel = EARS) -> list[str]:
    return [check.state for check in store.verify(model)]


def test_a_pulled_model_is_found_whole_and_verified(hub: Hub, store: ModelStore) -> None:
    assert store.locate(EARS) is None
    root = pull(EARS, store, endpoint=hub.url)
    assert store.locate(EARS) == root
    assert (root / "onnx" / "model.onnx").read_bytes() == WEIGHTS
    assert (root / "config.json").read_bytes() == CONFIG
    assert states(store) == ["recorded", "ok"]


def test_progress_runs_to_the_end_of_each_file(hub: Hub, store: ModelStore) -> None:
    seen: list[Progress] = []
    pull(EARS, store, endpoint=hub.url, progress=seen.append)
    assert {one.model for one in seen} == {"ears"}
    for path, size in (("config.json", len(CONFIG)), ("onnx/model.onnx", len(WEIGHTS))):
        done = [one.done for one in seen if one.file == path]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, size)
    assert all(one.total in (len(CONFIG), len(WEIGHTS)) for one in seen)


def test_a_whole_model_is_not_fetched_again(hub: Hub, store: ModelStore) -> None:
    root = pull(EARS, store, endpoint=hub.url)
    hub.requests.clear()
    assert pull(EARS, store, endpoint=hub.url) == root
    assert hub.requests == []


@pytest.mark.parametrize("path", ["config.json", "onnx/model.onnx"])
def test_a_damaged_file_is_noticed_and_replaced(hub: Hub, store: ModelStore, path: str) -> None:
    root = pull(EARS, store, endpoint=hub.url)
    whole = (root / path).read_bytes()
    (root / path).write_bytes(b"x" + whole[1:])
    assert "damaged" in states(store)
    assert pull(EARS, store, endpoint=hub.url) == root
    assert (root / path).read_bytes() == whole
    assert states(store) == ["recorded", "ok"]


def test_bytes_that_are_not_the_pinned_ones_are_refused(hub: Hub, store: ModelStore) -> None:
    hub.files["acme/ears/onnx/model.onnx"] = WEIGHTS[::-1]
    with pytest.raises(ModelError, match=r"onnx/model\.onnx is not the file .*SHA-256"):
        pull(EARS, store, endpoint=hub.url)
    assert store.locate(EARS) is None
    hub.files["acme/ears/onnx/model.onnx"] = WEIGHTS
    pull(EARS, store, endpoint=hub.url)
    assert states(store) == ["recorded", "ok"]


def test_an_unpinned_file_may_not_change_once_recorded(hub: Hub, store: ModelStore) -> None:
    root = pull(EARS, store, endpoint=hub.url)
    hub.files["acme/ears/config.json"] = b'{"tiny": false}'
    (root / "config.json").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"config\.json is not the file that was expected"):
        pull(EARS, store, endpoint=hub.url)


def test_a_moving_revision_is_resolved_to_a_commit(hub: Hub, store: ModelStore) -> None:
    moving = replace(EARS, revision="main")
    root = pull(moving, store, endpoint=hub.url)
    assert store.locate(moving) == root
    assert states(store, moving) == ["recorded", "ok"]


def test_a_download_that_breaks_off_is_taken_up_again(hub: Hub, store: ModelStore) -> None:
    hub.cut = 1000
    model = replace(EARS, files=EARS.files[1:])
    root = pull(model, store, endpoint=hub.url)
    assert (root / "onnx" / "model.onnx").read_bytes() == WEIGHTS
    assert [method for method, _, _ in hub.requests].count("GET") == 2


def test_no_network_is_one_line_with_a_way_out(store: ModelStore) -> None:
    with serve({}) as gone:
        url = gone.url
    with pytest.raises(ModelError) as caught:
        pull(EARS, store, endpoint=url)
    line = str(caught.value)
    assert "\n" not in line
    assert url in line
    assert "HF_ENDPOINT" in line
    assert "SENTIVOX_MODELS_DIR" in line


@pytest.mark.parametrize(
    "change",
    [
        {"repo": "acme/nobody"},
        {"revision": "f" * 40},
        {"files": (ModelFile("absent.bin"),)},
    ],
)
def test_what_the_hub_does_not_have_is_named(
    hub: Hub, store: ModelStore, change: dict[str, object]
) -> None:
    model = replace(EARS, **change)  # type: ignore[arg-type]
    with pytest.raises(ModelError) as caught:
        pull(model, store, endpoint=hub.url)
    line = str(caught.value)
    assert "\n" not in line
    assert f"ears: {model.files[0].path} is not on {hub.url}" in line
    assert f"{model.repo} at {model.revision}" in line


def test_a_disk_too_small_is_said_before_anything_is_fetched(hub: Hub, store: ModelStore) -> None:
    model = replace(EARS, files=(ModelFile("config.json", size=10**18),))
    with pytest.raises(ModelError, match=r"needs 1000000000000 MB and .* MB free: make room"):
        pull(model, store, endpoint=hub.url)
    assert hub.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_is_named(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sentivox.models.download.hf_hub_download", full)
    with pytest.raises(ModelError, match="does not fit on the disk: make room"):
        pull(EARS, ModelStore(tmp_path), endpoint=hub.url)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_one_may_not_write_to_is_named(hub: Hub, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ModelError, match="cannot be written to"):
        pull(EARS, ModelStore(tmp_path / "models"), endpoint=hub.url)


SCRIPT = """
import sys
from sentivox.errors import ModelError
from sentivox.models.download import pull
from sentivox.models.store import ModelStore
from tests.models.test_download import EARS
try:
    print(pull(EARS, ModelStore.from_environment()))
except ModelError as error:
    sys.exit(str(error))
"""


def pull_elsewhere(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "SENTIVOX_"))}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=clean | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_environment_names_hub_cache_and_folder(hub: Hub, tmp_path: Path) -> None:
    cached = pull_elsewhere(HF_ENDPOINT=hub.url, HF_HOME=str(tmp_path / "home"))
    assert cached.stdout.startswith(str(tmp_path / "home" / "hub")), cached.stderr
    folder = str(tmp_path / "models")
    own = pull_elsewhere(HF_ENDPOINT=hub.url, SENTIVOX_MODELS_DIR=folder)
    assert own.stdout == f"{folder}/ears\n", own.stderr
    offline = pull_elsewhere(HF_HUB_OFFLINE="1", SENTIVOX_MODELS_DIR=folder)
    assert offline.stdout == f"{folder}/ears\n", offline.stderr


def test_offline_mode_is_respected(hub: Hub, tmp_path: Path) -> None:
    done = pull_elsewhere(HF_HUB_OFFLINE="1", HF_ENDPOINT=hub.url, HF_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE" in done.stderr.splitlines()[-1]
    assert hub.requests == []


def test_a_damaged_record_is_named(hub: Hub, store: ModelStore) -> None:
    root = pull(EARS, store, endpoint=hub.url)
    (root / LOCK).write_text("not json")
    with pytest.raises(ModelError, match=r"sentivox\.lock\.json is damaged: delete it"):
        store.verify(EARS)
