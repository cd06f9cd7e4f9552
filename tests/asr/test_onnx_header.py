"""The header of ONNX files, read without loading them."""

import contextlib
from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.models.onnx_header import read_header
from tests.asr import tiny_sherpa


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sherpa.sense_voice(tmp_path_factory.mktemp("m")) / "model.int8.onnx"


def test_it_reads_what_onnx_reads(model: Path):
    header = read_header(model)
    whole = onnx.load(model)
    assert header.metadata == {prop.key: prop.value for prop in whole.metadata_props}
    assert header.inputs == tuple(one.name for one in whole.graph.input)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_part_of_a_file_is_refused(model: Path, tmp_path: Path, data: st.DataObject):
    whole = model.read_bytes()
    kept = data.draw(st.integers(0, len(whole) - 1))
    part = tmp_path / "part.onnx"
    part.write_bytes(whole[:kept])
    with contextlib.suppress(ModelError):
        # Cut between two entries at its end it is whole, with fewer of them.
        assert read_header(part).metadata.items() < read_header(model).metadata.items()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=400))
def test_other_bytes_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"other\.onnx"):
        read_header(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match="No such file"):
        read_header(tmp_path / "model.onnx")
