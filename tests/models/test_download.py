"""Pulling models from a hub that really answers, on this machine."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, ModelFile
from sentivox.models.download import Progress, pull
from sentivox.models.store import CHECKSUM_FILE, ModelStore
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


def fetches(hub: Hub) -> list[str | None]:
    """The range that each download asked for (the hub library asks for other things as well)."""
    return [r for method, path, r in hub.requests if method == "GET" and "/resolve/" in path]


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


def test_a_damaged_file_that_is_a_link_is_replaced_and_what_it_leads_to_stays(
    hub: Hub, store: ModelStore, tmp_path: Path
) -> None:
    theirs = tmp_path / "elsewhere" / "blobs" / "weights.onnx"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"of somebody else")
    file = pull(EARS, store, endpoint=hub.url) / "onnx" / "model.onnx"
    file.unlink()
    file.symlink_to(theirs)
    assert pull(EARS, store, endpoint=hub.url) / "onnx" / "model.onnx" == file
    assert file.read_bytes() == WEIGHTS
    assert theirs.read_bytes() == b"of somebody else"


@pytest.mark.parametrize("linked", ["onnx", "."])
def test_no_damaged_file_is_deleted_through_a_link_to_a_folder(
    hub: Hub, store: ModelStore, tmp_path: Path, linked: str
) -> None:
    folder = pull(EARS, store, endpoint=hub.url) / linked
    theirs = tmp_path / "elsewhere"
    folder.rename(theirs)
    folder.symlink_to(theirs)
    weights = theirs / ("model.onnx" if linked == "onnx" else "onnx/model.onnx")
    weights.unlink()  # in the cache a link, relative to where it was
    before = hub.requests.copy()
    weights.write_bytes(b"of somebody else")
    with pytest.raises(ModelError, match="in a folder that is a link"):
        pull(EARS, store, endpoint=hub.url)
    assert weights.read_bytes() == b"of somebody else"
    assert hub.requests == before


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
    assert len(fetches(hub)) == 2


@pytest.fixture
def fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes every kilobyte as it comes; otherwise 10 MB are gathered, far more than we serve."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)


@pytest.mark.usefixtures("fine")
def test_the_next_pull_goes_on_where_a_broken_one_stopped(
    hub: Hub, store: ModelStore, tmp_path: Path
) -> None:
    model = replace(EARS, files=EARS.files[1:])
    hub.cut, hub.gone = 60_000, 500
    with pytest.raises(ModelError, match="pull again, which continues from there"):
        pull(model, store, endpoint=hub.url)
    assert store.locate(model) is None
    hub.gone = None
    hub.requests.clear()
    seen: list[Progress] = []
    root = pull(model, store, endpoint=hub.url, progress=seen.append)
    assert (root / "onnx" / "model.onnx").read_bytes() == WEIGHTS
    assert fetches(hub) == ["bytes=60000-"]
    assert seen[0].done == 60_000
    assert not list((store.folder or tmp_path).rglob("*.sentivox-parts"))


@pytest.mark.usefixtures("fine")
def test_the_rest_of_another_version_is_never_added(hub: Hub, store: ModelStore) -> None:
    moving = replace(EARS, revision="main", files=(ModelFile("onnx/model.onnx"),))
    hub.cut, hub.gone = 60_000, 500
    with pytest.raises(ModelError):
        pull(moving, store, endpoint=hub.url)
    hub.gone = None
    hub.files["acme/ears/onnx/model.onnx"] = WEIGHTS[::-1]
    root = pull(moving, store, endpoint=hub.url)
    assert (root / "onnx" / "model.onnx").read_bytes() == WEIGHTS[::-1]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "requires a token"),
        (403, "requires a token"),
        (429, "refuses further requests"),
        (503, "pull again"),
    ],
)
def test_a_hub_that_refuses_is_one_line(
    hub: Hub, store: ModelStore, status: int, words: str
) -> None:
    hub.status = status
    with pytest.raises(ModelError) as caught:
        pull(EARS, store, endpoint=hub.url)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("ears: config.json")
    assert str(status) in line
    assert words in line
    hub.status = None
    assert states_after(hub, store) == ["recorded", "ok"]


def states_after(hub: Hub, store: ModelStore) -> list[str]:
    pull(EARS, store, endpoint=hub.url)
    return states(store)


@pytest.mark.parametrize("place", ["SENTIVOX_MODELS_DIR", "HF_HOME"])
def test_two_pulls_at_once_fetch_it_once(hub: Hub, tmp_path: Path, place: str) -> None:
    hub.slow = 0.5
    where = {"HF_ENDPOINT": hub.url, place: str(tmp_path / "models")}
    both = [start_elsewhere(where) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0]
    root = Path(said[0][0].strip())
    assert (root / "onnx" / "model.onnx").read_bytes() == WEIGHTS
    assert len(fetches(hub)) == 2  # a file each


def test_a_killed_pull_leaves_no_lock_behind(hub: Hub, tmp_path: Path) -> None:
    hub.slow = 30.0
    where = {"HF_ENDPOINT": hub.url, "SENTIVOX_MODELS_DIR": str(tmp_path / "models")}
    first = start_elsewhere(where)
    while not fetches(hub):
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.communicate()
    hub.slow = 0.0
    second = start_elsewhere(where)
    second.communicate()
    assert second.returncode == 0


def test_a_proxy_is_used(hub: Hub, tmp_path: Path) -> None:
    """The hub stands in for a proxy: it is asked for whole addresses of another host."""
    done = pull_elsewhere(
        HF_ENDPOINT="http://models.invalid",
        SENTIVOX_MODELS_DIR=str(tmp_path),
        http_proxy=hub.url,
    )
    assert done.returncode == 1
    assert any(p.startswith("http://models.invalid/acme/ears/") for _, p, _ in hub.requests)


def test_the_cache_is_laid_out_as_its_own_library_does_it(hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download

    moving = replace(EARS, revision="main")
    root = pull(moving, ModelStore(cache=tmp_path), endpoint=hub.url)
    hub.requests.clear()
    path = hf_hub_download(
        "acme/ears", "onnx/model.onnx", revision="main", cache_dir=tmp_path, local_files_only=True
    )
    assert path == str(root / "onnx" / "model.onnx")
    assert hub.requests == []


@pytest.mark.parametrize("place", ["afile", "/proc/nowhere"])
def test_where_no_folder_can_be_made_one_line_says_what_to_do(
    hub: Hub, tmp_path: Path, place: str
) -> None:
    (tmp_path / "afile").touch()
    store = ModelStore(tmp_path / place, cache=tmp_path / "cache")
    with pytest.raises(ModelError, match="set SENTIVOX_MODELS_DIR to a folder") as caught:
        pull(EARS, store, endpoint=hub.url)
    assert place in str(caught.value)
    assert fetches(hub) == []


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


def test_a_disk_that_fills_up_is_named_and_left_clean(hub: Hub, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the disk: writing past 64 kB fails as on a full one."""
    folder = str(tmp_path / "models")
    done = pull_elsewhere(limit=64 * 1024, HF_ENDPOINT=hub.url, SENTIVOX_MODELS_DIR=folder)
    assert done.returncode == 1
    assert "ears: onnx/model.onnx does not fit on the disk: make room" in done.stderr
    left = {p.name for p in (tmp_path / "models").rglob("*") if p.is_file()}
    assert left == {"config.json", ".sentivox-lock"}
    assert pull_elsewhere(HF_ENDPOINT=hub.url, SENTIVOX_MODELS_DIR=folder).returncode == 0


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


def start_elsewhere(
    environment: dict[str, str], *, limit: int | None = None
) -> subprocess.Popen[str]:
    """A pull in a process of its own; `limit` is the largest file it may write."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "SENTIVOX_"))}
    bound = "" if limit is None else f"import resource as r; r.setrlimit(1, ({limit}, {limit}))\n"
    return subprocess.Popen(
        [sys.executable, "-c", bound + SCRIPT],
        env=clean | environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pull_elsewhere(
    *, limit: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    process = start_elsewhere(environment, limit=limit)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


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
    (root / CHECKSUM_FILE).write_text("not json")
    with pytest.raises(ModelError, match=r"sentivox\.lock\.json is damaged: delete it"):
        store.verify(EARS)
