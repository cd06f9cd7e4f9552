"""Finding models on disk, and the catalog they are found by."""

import re
from pathlib import Path

import pytest

from sentivox.engine.build import RECOGNISERS
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, catalog, find_model, find_models
from sentivox.models.store import ModelStore


def put(folder: Path, name: str) -> Path:
    for file in find_model(name).files:
        path = folder / name / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"stand-in")
    return folder / name


def test_an_empty_machine_has_no_models(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "nowhere", cache=tmp_path / "cache")
    assert store.installed() == {}
    with pytest.raises(ModelError, match=r"run `sentivox models pull whisper-tiny\.en`"):
        store.require(find_model("whisper-tiny.en"))


def test_a_model_in_the_offline_folder_is_found(tmp_path: Path) -> None:
    root = put(tmp_path, "whisper-tiny.en")
    assert ModelStore(tmp_path, cache=tmp_path).installed() == {"whisper-tiny.en": root}


@pytest.mark.parametrize("file", find_model("distilbert-sst2").files)
def test_a_model_with_a_file_missing_is_not_installed(tmp_path: Path, file: object) -> None:
    root = put(tmp_path, "distilbert-sst2")
    (root / file.path).unlink()  # type: ignore[attr-defined]
    store = ModelStore(tmp_path, cache=tmp_path)
    assert store.locate(find_model("distilbert-sst2")) is None
    with pytest.raises(ModelError, match=re.escape(file.path)):  # type: ignore[attr-defined]
        store.require(find_model("distilbert-sst2"))


def test_files_of_unknown_origin_are_told_from_damaged_ones(tmp_path: Path) -> None:
    put(tmp_path, "whisper-tiny.en")
    put(tmp_path, "distilbert-sst2")
    store = ModelStore(tmp_path, cache=tmp_path)
    pinned = store.verify(find_model("whisper-tiny.en"))
    unpinned = store.verify(find_model("distilbert-sst2"))
    assert {check.state for check in pinned} == {"damaged"}
    assert {check.state for check in unpinned} == {"unknown"}


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIVOX_MODELS_DIR", str(tmp_path))
    assert ModelStore.from_environment().folder == tmp_path
    monkeypatch.setenv("SENTIVOX_MODELS_DIR", "")
    assert ModelStore.from_environment().folder is None


def test_profiles_name_models_that_exist() -> None:
    assert find_models("embedded") == ()
    assert [model.id for model in find_models("standard")] == ["whisper-tiny.en"]
    for profile in catalog().profiles:
        assert all(find_model(name) in catalog().models for name in profile.models)
    assert find_models("whisper-base.en") == (find_model("whisper-base.en"),)


def test_every_recogniser_has_an_engine_that_knows_its_files() -> None:
    assert {m.engine for m in catalog().models if m.role == "asr"} <= RECOGNISERS.keys()


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"'big': .* whisper-tiny\.en, .* profile: embedded, st"):
        find_models("big")


@pytest.mark.parametrize("entry", catalog().models, ids=lambda model: model.id)
def test_catalog_entries_are_well_formed(entry: CatalogModel) -> None:
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", entry.repo)
    assert re.fullmatch(r"[0-9a-f]{40}|main", entry.revision)
    assert len({file.path for file in entry.files}) == len(entry.files)
    for file in entry.files:
        assert not Path(file.path).is_absolute()
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    sizes = [file.size for file in entry.files]
    if None not in sizes:
        assert entry.megabytes == round(sum(size or 0 for size in sizes) / 1e6)
    largest = max(entry.files, key=lambda file: file.size or 0)
    assert largest.sha256 or entry.revision == "main", "weights of a commit have a hash"


def test_the_catalog_has_every_whisper_that_is_asked_for() -> None:
    sizes = {"tiny.en", "base.en", "small.en", "tiny", "base", "small", "large-v3-turbo"}
    known = {model.id: model for model in catalog().models}
    assert {f"whisper-{size}" for size in sizes} <= set(known)
    assert {"distil-small.en", "distil-medium.en", "distil-large-v3"} <= set(known)
    for model in known.values():
        if model.role == "asr" and model.engine == "whisper":
            files = {file.path for file in model.files}
            assert {"config.json", "model.bin", "tokenizer.json"} <= files
            assert files & {"vocabulary.txt", "vocabulary.json"}
            english = model.id.endswith(".en") or model.id.startswith("distil-")
            assert model.languages == (("en",) if english else ("mul",))


def test_a_damaged_catalog_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentivox.models import catalog as module

    (tmp_path / "catalog.toml").write_text("models = 3")
    monkeypatch.setattr(module, "SOURCE", tmp_path / "catalog.toml")
    module.catalog.cache_clear()
    with pytest.raises(ModelError, match=r"catalog\.toml is damaged .*: run `pip install"):
        find_model("whisper-tiny.en")
    module.catalog.cache_clear()
