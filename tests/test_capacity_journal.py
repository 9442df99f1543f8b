"""A search that was interrupted goes on where it was, and comes to the same file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.capacitykit import STUDY, town, write
from waterbal.capacity import journal
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.search import Options
from waterbal.capacity.trial import Ground

ASKED = Demand(
    realizations=1, options=Options(1e-3, 4, 2), threads=1
)  # one thread, so that trials can be counted


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count trials that are simulated; the one with the number in ``stop_at[0]`` is interrupted."""
    counted = [0, -1]
    original = Ground._simulated

    def counting(self: Ground, *args: object, **options: bool) -> object:
        if counted[0] == counted[1]:
            raise KeyboardInterrupt
        counted[0] += 1
        return original(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Ground, "_simulated", counting)
    return counted


def study(folder: Path) -> Path:
    town(folder)
    return write(folder, STUDY, "study.yaml")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_it_goes_on_where_it_was(tmp_path: Path, simulated: list[int]) -> None:
    path = study(tmp_path)
    assess(path, demand=ASKED, output=tmp_path / "whole.nc")
    whole = simulated[0]
    assert whole > 40
    simulated[:] = [0, whole // 2]
    with pytest.raises(KeyboardInterrupt):
        assess(path, demand=ASKED, output=tmp_path / "again.nc")
    assert left_in(tmp_path) == [".again.nc.trials"]
    assert not (tmp_path / "again.nc").exists()
    simulated[:] = [0, -1]
    assess(path, demand=ASKED, output=tmp_path / "again.nc")
    assert simulated[0] == whole - whole // 2
    assert left_in(tmp_path) == []
    assert (tmp_path / "again.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()


def test_a_changed_model_finds_nothing_of_the_old_one(tmp_path: Path, simulated: list[int]) -> None:
    path = study(tmp_path)
    simulated[1] = 20
    with pytest.raises(KeyboardInterrupt):
        assess(path, demand=ASKED, output=tmp_path / "c.nc")
    simulated[:] = [0, -1]
    wider = ["demands.homes.people=42 万人"]
    found = assess(path, wider, demand=ASKED, output=tmp_path / "c.nc")
    fresh = assess(path, wider, demand=ASKED)
    np.testing.assert_array_equal(found["capacity_scale"], fresh["capacity_scale"])
    np.testing.assert_array_equal(found["trial_steps"], fresh["trial_steps"])


def test_a_journal_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    path = study(tmp_path)
    (tmp_path / ".c.nc.trials").write_bytes(b"no journal " * 1000)
    assess(path, demand=ASKED, output=tmp_path / "c.nc")
    assert left_in(tmp_path) == []


def test_a_journal_damaged_inside_is_given_up(tmp_path: Path, simulated: list[int]) -> None:
    path = study(tmp_path)
    simulated[1] = 40
    with pytest.raises(KeyboardInterrupt):
        assess(path, demand=ASKED, output=tmp_path / "c.nc")
    place = tmp_path / ".c.nc.trials"
    content = place.read_bytes()
    assert len(content) > 8192
    place.write_bytes(content[:4096] + np.random.default_rng(1).bytes(len(content) - 4096))
    simulated[:] = [0, -1]
    found = assess(path, demand=ASKED, output=tmp_path / "c.nc")
    np.testing.assert_array_equal(found["capacity_scale"], assess(path, demand=ASKED)["capacity_scale"])
    assert left_in(tmp_path) == []


def test_a_trial_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    place = tmp_path / "j"
    kept = journal.Journal(place)
    kept.keep(b"one", {"missed": np.arange(5)})
    kept.close()
    with sqlite3.connect(place) as store:
        store.execute("UPDATE trials SET arrays = substr(arrays, 1, 20)")
    store.close()
    again = journal.Journal(place)
    assert again.find(b"one") is None
    again.remove()
    assert not place.exists()


def test_the_key_knows_every_number() -> None:
    long = np.zeros(5000)
    other = long.copy()
    other[2500] = 1e-300
    assert journal.key(long) != journal.key(other)
    assert journal.key(long) != journal.key(long.reshape(50, 100))
    assert journal.key([1, [2]]) != journal.key([[1], 2])
    assert journal.key({"a": long}) == journal.key({"a": long.copy()})


@pytest.mark.long
def test_killed_at_any_moment(tmp_path: Path) -> None:
    path = study(tmp_path)
    command = [sys.executable, "-m", "waterbal", "capacity", str(path), "-q", "--audit", "30", "-o"]
    begin = time.monotonic()
    subprocess.run([*command, str(tmp_path / "whole.nc")], check=True)
    took = time.monotonic() - begin
    for k in range(10):
        work = subprocess.Popen([*command, str(tmp_path / "again.nc")])
        try:
            work.wait(took * (0.3 + 0.07 * k))
        except subprocess.TimeoutExpired:
            work.kill()
        work.wait()
    subprocess.run([*command, str(tmp_path / "again.nc")], check=True)
    assert (tmp_path / "again.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
