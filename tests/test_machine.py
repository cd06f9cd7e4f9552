"""What of the machine may be used."""

from pathlib import Path

import pytest

from sentivox.system.machine import cpu_limit, usable_cores


def test_the_limit_is_no_more_than_the_machine_has():
    assert 0 < cpu_limit() <= usable_cores()


@pytest.mark.parametrize(
    ("said", "cores"),
    [("50000 100000\n", 0.5), ("100000000 100000\n", None), ("max 100000\n", None)],
)
def test_a_container_has_its_share(tmp_path: Path, said: str, cores: float | None):
    quota = tmp_path / "cpu.max"
    quota.write_text(said)
    assert cpu_limit(quota) == (cores or usable_cores())


def test_without_control_groups_all_cores_are_ours(tmp_path: Path):
    assert cpu_limit(tmp_path / "cpu.max") == usable_cores()
