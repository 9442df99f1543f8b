"""The runner of sweeps on a study that costs nothing: what is there is kept, what is not is made, nothing is mixed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sweepkit import Fake, holder, same, source
from waterbal.errors import BalanceError, DataError, InfeasibleError, UsageError, WaterbalError
from waterbal.results.netcdf import open_result
from waterbal.scenarios import claims, manifest, merge, parts, runner
from waterbal.scenarios.blocks import SIZES, Grid, default_size
from waterbal.scenarios.estimate import Estimate, estimate
from waterbal.scenarios.interrupt import Stoppable
from waterbal.scenarios.reporting import Resources, Silent
from waterbal.scenarios.runner import sweep
from waterbal.scenarios.shards import Shard, job_script, parse

ROOT = Path(__file__).parents[1]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text("as it is", encoding="utf-8")
    return path


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# ---------------------------------------------------------------- blocks

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A loaded machine is no reason to fail."""


@patient
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 200))
def test_blocks_cover_every_member_once(scenarios: int, realizations: int, size: int) -> None:
    grid = Grid(scenarios, realizations, size)
    seen = np.zeros((scenarios, realizations), dtype=int)
    for number, block in enumerate(grid):
        assert block.number == number
        assert 0 < block.members <= size
        assert block.last_scenario - block.first_scenario == 1 or block.first == 0
        seen[block.first_scenario : block.last_scenario, block.first : block.last] += 1
    assert (seen == 1).all()
    assert grid.members == seen.size


@patient
@given(st.sampled_from(list(SIZES)), st.integers(1, 10**6))
def test_blocks_are_neither_too_small_nor_too_large(keep: str, members: int) -> None:
    least, most = SIZES[keep]
    assert least <= default_size(keep, members) <= most


@patient
@given(st.integers(1, 9), st.integers(0, 60))
def test_shards_share_every_block(count: int, blocks: int) -> None:
    for number in range(blocks):
        assert sum(Shard(i, count).has(number) for i in range(1, count + 1)) == 1


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "1.5/2"])
def test_no_shard(text: str) -> None:
    with pytest.raises(UsageError, match="i/n with i from 1 to n"):
        parse(text)


def test_shard_and_job_script() -> None:
    assert parse("3/16") == Shard(3, 16)
    script = job_script("slurm", "waterbal", "s.yaml -o 'out/a b'")
    assert "waterbal sweep s.yaml -o 'out/a b' \\\n" in script
    assert '--shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"' in script
    assert "${TMPDIR:-/tmp}" in script
    with pytest.raises(UsageError, match="slurm"):
        job_script("pbs", "", "")


# ---------------------------------------------------------------- one result, however it is made


def test_any_cut_gives_the_same_result(study: Path, tmp_path: Path) -> None:
    one = sweep(source(study), tmp_path / "one", block=500)
    assert one.results is not None
    assert one.grid.count == 1
    for name, block, resources in [
        ("members", 1, Resources(threads=2)),
        ("pieces", 7, Resources(threads=3)),
        ("rows", 45, Resources(threads=2)),
        ("processes", 13, Resources(workers=2)),
    ]:
        other = sweep(source(study), tmp_path / name, block=block, resources=resources)
        assert other.computed == 120
        assert same(one.results, other.results), name


def test_shards_give_the_same_result_and_the_last_one_merges(study: Path, tmp_path: Path) -> None:
    one = sweep(source(study), tmp_path / "one")
    for index in (2, 3, 1):
        report = sweep(source(study), tmp_path / "cut", block=8, shard=Shard(index, 3))
        assert (report.results is None) == (report.missing > 0) == (index != 1)
        assert report.computed == report.members
    assert same(one.results, report.results)


def test_the_result_is_what_was_computed(study: Path, tmp_path: Path) -> None:
    report = sweep(source(study), tmp_path / "out", block=7)
    work = source(study)()
    whole = work.evaluate(range(6), 0, 20, 1)
    with open_result(report.results) as found:
        for name, values in whole.items():
            assert np.array_equal(found[name].values, values), name
        assert found["volume"].dims == ("scenario", "realization", "site")
        assert found["volume"].attrs["units"] == "1e4 m3"
        assert set(found["volume"].coords) >= {"scenario_id", "horizon", "site_id"}
        assert list(found["scenario_name_zh"].values) == [f"方案s{i}" for i in range(6)]
        told = json.loads(found.attrs["waterbal_sweep"])
    assert told["realizations"] == 20
    assert not any(str(tmp_path) in str(value) for value in told.values())  # nothing of this machine


def test_merge_to_another_file(study: Path, tmp_path: Path) -> None:
    report = sweep(source(study), tmp_path / "out", block=7)
    target = tmp_path / "new folder" / "merged.nc"
    merge.merge(tmp_path / "out", target)
    assert same(report.results, target)
    merge.merge(tmp_path / "out", target)  # an earlier one may be replaced
    assert same(report.results, target)
    (target.parent / ".merged.nc.12345.part").write_bytes(b"of a merge that was killed")
    merge.merge(tmp_path / "out", target)
    assert [path.name for path in target.parent.iterdir()] == ["merged.nc"]


def test_parts_of_several_kinds_of_processors_are_told(study: Path, tmp_path: Path) -> None:
    folder, notes = tmp_path / "out", []
    report = sweep(source(study), folder, block=20)
    assert {part.processor for found in parts.listed(folder).values() for part in found} == {
        parts.processor()
    }
    merge.merge(folder, tmp_path / "one.nc", note=notes.append)
    assert notes == []
    for number in (1, 4):
        path = parts.listed(folder)[number][0].path
        path.rename(path.with_name(path.name.replace(f".{parts.processor()}.", ".other-kind.")))
    merge.merge(folder, tmp_path / "two.nc", note=notes.append)
    assert len(notes) == 1
    assert "2 kinds of processors" in notes[0]
    assert "other-kind" in notes[0]
    assert same(report.results, tmp_path / "two.nc")
    assert sweep(source(study), folder).computed == 0


def test_merge_wants_a_finished_sweep(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(UsageError, match="no folder of a sweep"):
        merge.merge(tmp_path, tmp_path / "m.nc")
    sweep(source(study), folder, block=20)
    for number in (1, 4):
        parts.listed(folder)[number][0].path.unlink()
    with pytest.raises(DataError, match=r"2 of 6 blocks are missing \(1, 4\)"):
        merge.merge(folder, tmp_path / "m.nc")
    assert not (tmp_path / "m.nc").exists()
    text = tmp_path / "notes.txt"
    text.write_text("mine")
    sweep(source(study), folder, block=20)
    with pytest.raises(UsageError, match="another kind"):
        merge.merge(folder, text)
    assert text.read_text() == "mine"


# ---------------------------------------------------------------- going on


def test_only_what_is_missing_is_made(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    before = (folder / "results.nc").read_bytes()
    for number in (0, 3):
        parts.listed(folder)[number][0].path.unlink()
    work = source(study)()
    report = sweep(source(study), folder, work=work)
    assert [name for name, _first, _last in work.calls] == ["s0", "s3"]
    assert (report.resumed, report.computed) == (80, 40)
    assert (folder / "results.nc").read_bytes() == before


def test_a_finished_sweep_does_nothing(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = sweep(source(study), folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    work = source(study)()
    again = sweep(source(study), folder, work=work)
    assert work.calls == []
    assert again.results == first.results
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


def damage_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_name(path: Path) -> None:
    path.rename(path.with_name(path.name.replace("block-000002", "block-000004")))


@pytest.mark.parametrize("damage", [damage_cut, damage_empty, damage_bit, damage_name])
def test_a_damaged_part_is_made_again(study: Path, tmp_path: Path, damage) -> None:
    folder = tmp_path / "out"
    one = sweep(source(study), tmp_path / "one")
    sweep(source(study), folder, block=20)
    names = everything(folder)
    damage(parts.listed(folder)[2][0].path)
    if damage is not damage_name:
        with pytest.raises(DataError, match="altered or cut short"):
            merge.merge(folder, tmp_path / "m.nc")
    report = sweep(source(study), folder)
    assert report.computed == 20
    assert report.remade == ([] if damage is damage_name else [2])
    assert same(one.results, report.results)
    assert everything(folder) == names


def test_a_part_of_another_sweep_is_found_out(study: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    one = sweep(source(study), ours, block=20)
    other = tmp_path / "other.yaml"
    other.write_text("another", encoding="utf-8")
    sweep(source(other), theirs, block=20)
    part = parts.listed(ours)[2][0].path
    part.unlink()
    stranger = parts.listed(theirs)[2][0].path
    shutil.copy(stranger, ours / "parts")
    report = sweep(source(study), ours)
    assert report.remade == [2]
    assert same(one.results, report.results)


def test_what_a_stopped_writer_left_is_removed(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    names = everything(folder)
    (folder / "parts" / ".block-000001.77-99.tmp").write_bytes(b"half")
    (folder / ("frame-" + "0" * 32 + ".nc")).write_bytes(b"of a run that lost the race")
    (folder / ".manifest.json.77.0123abcd.tmp").write_bytes(b"half")
    sweep(source(study), folder)
    assert everything(folder) == names


KILLED = """
import os, sys
from pathlib import Path
from waterbal.results import integrity
integrity.enclose = lambda part: os.kill(os.getpid(), 9)  # what netCDF wrote is there, nothing has its name yet
from tests.sweepkit import source
from waterbal.scenarios.runner import sweep
sweep(source(Path(sys.argv[1])), Path(sys.argv[2]), block=20)
"""


@pytest.mark.skipif(claims.fcntl is None, reason="no advisory locks here")
def test_a_run_killed_while_it_writes_the_frame_leaves_nothing_behind(study: Path, tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "out"
    sweep(source(study), whole, block=20)
    command = [sys.executable, "-c", KILLED, str(study), str(folder)]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=100).returncode == -9
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != claims.NAME]
    assert len(left) == 1 and left[0].name.startswith("..frame."), left
    (whole / left[0].name).write_bytes(left[0].read_bytes())
    merge.merge(whole, tmp_path / "merged.nc")
    assert not (whole / left[0].name).exists()
    sweep(source(study), folder, block=20)
    assert everything(folder) == everything(whole)


@pytest.mark.skipif(claims.fcntl is None, reason="no advisory locks here")
def test_what_a_live_run_is_writing_is_left_to_it(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    writing = folder / "..frame.77.tmp.77.part"
    writing.write_bytes(b"half")
    held = claims.Claims(folder)
    assert held.take(claims.STARTING)
    command = [
        sys.executable,
        "-m",
        "waterbal",
        "merge",
        str(folder),
        "-o",
        str(tmp_path / "merged.nc"),
        "-q",
    ]
    subprocess.run(command, cwd=ROOT, check=True, timeout=100)
    assert writing.exists()
    held.close()
    merge.merge(folder, tmp_path / "merged.nc")
    assert not writing.exists()


# ---------------------------------------------------------------- nothing is mixed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"realizations": 21},
            "--realizations: the folder has 20 realizations of each scenario, 21 are asked for",
        ),
        ({"scenarios": 7}, "--only: the folder has 6 scenarios, 7 are asked for, with s6"),
        ({"scenarios": 5}, "--only: the folder has 6 scenarios, 5 are asked for, without s5"),
        ({"keep": "yearly"}, "--keep: the folder keeps metrics of each member, yearly is asked for"),
    ],
)
def test_another_sweep_is_refused(study: Path, tmp_path: Path, change: dict, told: str) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(UsageError) as refused:
        sweep(source(study, **change), folder)
    assert told in str(refused.value)
    assert "--fresh" in str(refused.value)
    assert "block" not in str(refused.value)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_changed_input_is_refused_by_name(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    study.write_text("changed", encoding="utf-8")
    with pytest.raises(UsageError, match=r"inputs: study.yaml changed"):
        sweep(source(study), folder)
    report = sweep(source(study), folder, fresh=True, block=20)
    assert (report.resumed, report.computed) == (0, 120)
    assert same(report.results, sweep(source(study), tmp_path / "new").results)


def test_another_block_size_is_refused_and_the_old_one_goes_on(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    with pytest.raises(UsageError, match="--block: the folder has blocks of 20 members, 30 are asked for"):
        sweep(source(study), folder, block=30)
    assert sweep(source(study), folder).grid.size == 20


def test_another_version_is_refused(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder)
    monkeypatch.setattr(manifest, "__version__", "9.9")
    with pytest.raises(UsageError, match=r'versions.waterbal: ".*" there, "9.9" now'):
        sweep(source(study), folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no manifest"),
        ("[]", "no manifest"),
        ("{}", "no manifest"),
        ('{"format": "waterbal sweep 9", "sweep": {}, "frame": "", "id": ""}', "format 'waterbal sweep 9'"),
        ('{"format": "waterbal sweep 1", "sweep": {}, "frame": "", "id": ""}', "altered"),
    ],
)
def test_a_broken_manifest_is_refused(study: Path, tmp_path: Path, text: str, told: str) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=told):
        sweep(source(study), folder)


def frame_longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("damage", [frame_longer, Path.unlink])
def test_a_damaged_frame_is_made_again(study: Path, tmp_path: Path, damage) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    names, before = everything(folder), (folder / "results.nc").read_bytes()
    (folder / "results.nc").unlink()
    damage(next(folder.glob("frame-*.nc")))
    with pytest.raises(DataError, match="frame of the results was altered or is missing; run the sweep"):
        merge.merge(folder, tmp_path / "m.nc")
    work = source(study)()
    sweep(source(study), folder, work=work)
    assert work.calls == []
    assert everything(folder) == names
    assert (folder / "results.nc").read_bytes() == before


def test_other_labels_are_put_on_the_same_numbers(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = sweep(source(study), folder, block=20)
    with open_result(first.results) as before:
        numbers = before.load()
    again = source(study)()
    renamed = replace(again, title="renamed")
    report = sweep(source(study), folder, work=renamed)
    assert report.computed == 0 and renamed.calls == []
    with open_result(report.results) as found:
        assert found.attrs["title"] == "renamed"
        for name in numbers.data_vars:
            np.testing.assert_array_equal(found[name].values, numbers[name].values)
    assert len(list(folder.glob("frame-*.nc"))) == 1
    kept = (folder / "results.nc").stat().st_mtime_ns
    sweep(source(study), folder, work=replace(renamed, calls=[]))
    assert (folder / "results.nc").stat().st_mtime_ns == kept  # nothing is merged twice


def test_who_started_last_has_named_things(study: Path, tmp_path: Path) -> None:
    """A second run with other labels comes and goes while the first one is about to merge."""
    folder = tmp_path / "out"

    class Late(Silent):
        came = False

        def stage(self, what, unit="") -> None:
            if "merging" in str(what) and not self.came:
                self.came = True
                sweep(source(study), folder, work=replace(source(study)(), title="second"))

    report = sweep(source(study), folder, block=20, reporter=Late())
    with open_result(report.results) as found:
        assert found.attrs["title"] == "second"
    assert len(list(folder.glob("frame-*.nc"))) == 1


def test_a_frame_that_comes_out_otherwise_gets_its_own_name(study: Path, tmp_path: Path) -> None:
    """Another version of the NetCDF library may write other bytes; the parts are as good as before."""
    folder = tmp_path / "out"
    one = sweep(source(study), tmp_path / "one", block=20)
    sweep(source(study), folder, block=20)
    found = manifest.read(folder)
    assert found is not None
    manifest.renew(folder, replace(found, frame="frame-" + "0" * 32 + ".nc"))
    (folder / "results.nc").unlink()
    report = sweep(source(study), folder)
    assert report.computed == 0
    assert same(one.results, report.results)
    assert manifest.read(folder) == found


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n and no more", b"", b"other"])
def test_a_damaged_result_is_merged_again(study: Path, tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    target = folder / "results.nc"
    before = target.read_bytes()
    for damaged in (content, before[: len(before) // 2]):
        target.write_bytes(damaged)
        assert sweep(source(study), folder).computed == 0
        assert target.read_bytes() == before
    target.write_bytes(content)
    merge.merge(folder, target)
    assert target.read_bytes() == before


def test_a_part_that_cannot_be_read_is_not_damaged(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    names = everything(folder)
    bytes_of = Path.read_bytes

    def failing(path: Path) -> bytes:
        if path.suffix == ".npz":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return bytes_of(path)

    monkeypatch.setattr(Path, "read_bytes", failing)
    with pytest.raises(DataError, match="cannot read a part of the sweep: Input/output error"):
        sweep(source(study), folder)
    monkeypatch.undo()
    assert everything(folder) == names
    assert sweep(source(study), folder).remade == []


def test_the_parts_are_not_listed_for_every_block(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listings = []
    before = os.scandir

    def scandir(path: str | Path) -> object:
        if Path(path).name == parts.FOLDER:
            listings.append(path)
        return before(path)

    monkeypatch.setattr(os, "scandir", scandir)
    sweep(source(study), tmp_path / "out", block=1)
    assert len(listings) < 10


def test_an_input_changed_while_workers_start(study: Path, tmp_path: Path) -> None:
    work = source(study)()
    work.identity = lambda: {  # type: ignore[method-assign]
        "study": "fake",
        "fingerprint": "as it was",
        "inputs": {},
    }
    with pytest.raises(DataError, match=r"began with; nothing is mixed\nfingerprint|inputs"):
        sweep(source(study), tmp_path / "out", work=work, resources=Resources(workers=1))
    assert not list((tmp_path / "out" / "parts").iterdir())


# ---------------------------------------------------------------- where it may be kept


def test_a_file_is_no_folder(study: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a file"):
        sweep(source(study), study)
    with pytest.raises(UsageError, match=r"name a folder; the merged NetCDF will be results.nc in it"):
        sweep(source(study), tmp_path / "new.nc")


def test_other_things_are_left_alone(study: Path, tmp_path: Path) -> None:
    for fresh in (False, True):
        with pytest.raises(UsageError, match=r"other things in it \(study.yaml\)"):
            sweep(source(study), tmp_path, fresh=fresh)
    assert everything(tmp_path) == ["study.yaml"]


def test_fresh_leaves_what_is_not_of_the_sweep(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder)
    (folder / "notes.txt").write_text("mine")
    sweep(source(study), folder, fresh=True)
    assert (folder / "notes.txt").read_text() == "mine"


def test_fresh_waits_for_nobody(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sweep(source(study), folder)
    with holder(folder, 0):
        with pytest.raises(UsageError, match="another run is at work"):
            sweep(source(study), folder, fresh=True)
        assert (folder / "results.nc").exists()
    assert sweep(source(study), folder, fresh=True).computed == 120


# ---------------------------------------------------------------- what goes wrong inside


def test_members_that_end_badly_are_told_and_the_rest_is_kept(study: Path, tmp_path: Path) -> None:
    infeasible, unbalanced = ("s1", 3, 1), ("s4", 19, 9)
    report = sweep(source(study, bad=(infeasible,)), tmp_path / "a", block=7)
    assert report.results is not None
    with pytest.raises(InfeasibleError, match="scenario s1, realization 3: 不可行 at x"):
        report.raise_failures()
    again = sweep(source(study, bad=(infeasible,)), tmp_path / "a")
    assert again.computed == 0
    assert again.failed == report.failed
    with open_result(report.results) as found:
        assert found.attrs["failed_members"] == '["scenario s1, realization 3: 不可行 at x"]'
        assert np.argwhere(found["member_status"].values).tolist() == [[1, 3]]
    worse = sweep(source(study, bad=(infeasible, unbalanced)), tmp_path / "b", block=7)
    with pytest.raises(BalanceError) as told:
        worse.raise_failures()
    assert len(told.value.issues) == 2


def test_a_defect_ends_the_sweep_and_keeps_what_is_finished(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Fake.evaluate

    def evaluate(self: Fake, scenarios: range, first: int, last: int, threads: int) -> dict:
        if scenarios[0] == 4:
            raise ZeroDivisionError("a defect")
        return before(self, scenarios, first, last, threads)

    monkeypatch.setattr(Fake, "evaluate", evaluate)
    with pytest.raises(ZeroDivisionError):
        sweep(source(study), tmp_path / "out", block=20)
    assert sorted(parts.listed(tmp_path / "out")) == [0, 1, 2, 3]
    monkeypatch.setattr(Fake, "evaluate", before)
    report = sweep(source(study), tmp_path / "out")
    assert (report.resumed, report.computed) == (80, 40)


def test_too_little_memory_is_told(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(*_: object) -> dict:
        np.empty(2**56)  # half an exbibyte
        return {}

    monkeypatch.setattr(Fake, "evaluate", evaluate)
    with pytest.raises(WaterbalError, match=r"not enough memory for block 0 .* fewer --threads"):
        sweep(source(study), tmp_path / "out", block=20)


def test_a_killed_worker_is_replaced_and_its_block_named(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    deadly = source(study, deadly="s2", scenarios=5, realizations=2)
    with pytest.raises(WaterbalError) as told:
        sweep(deadly, folder, block=2, resources=Resources(workers=2))
    assert "block 2 (scenarios 2 to 2, realizations 0 to 1)" in str(told.value)
    assert "lost 3 times (SIGKILL: out of memory?)" in str(told.value)
    assert sorted(parts.listed(folder)) == [0, 1, 3, 4]
    report = sweep(source(study, scenarios=5, realizations=2), folder)
    assert report.computed == 2
    assert same(report.results, sweep(source(study, scenarios=5, realizations=2), tmp_path / "one").results)


def test_workers_that_all_die_end_the_sweep(study: Path, tmp_path: Path) -> None:
    deadly = source(study, deadly="s0", scenarios=1, realizations=40)
    with pytest.raises(WaterbalError) as told:
        sweep(deadly, tmp_path / "out", block=2, resources=Resources(workers=2))
    assert len(told.value.issues) == runner.HOPELESS


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stoppable() as signals:
            signal.raise_signal(signal.SIGINT)
            assert not signals.stop
            signal.raise_signal(signal.SIGTERM)
            assert signals.stop
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# ---------------------------------------------------------------- estimates


def computing(found: Estimate) -> float:
    return found.seconds - found.seconds_to_start - found.seconds_to_merge


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_an_estimate_is_what_members_and_scenarios_take(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, prepared = Fake.evaluate, set()

    def evaluate(self: Fake, scenarios: range, first: int, last: int, threads: int) -> dict:
        for scenario in scenarios:
            busy(0.004 * (last - first) + (0.0 if scenario in prepared else 0.1))
            prepared.add(scenario)
        return before(self, scenarios, first, last, threads)

    monkeypatch.setattr(Fake, "evaluate", evaluate)
    work = source(study, scenarios=50, realizations=100)()
    blocks = list(Grid(50, 100, 25))
    found = estimate(work, tmp_path / "not" / "there", blocks, 4)
    assert found.seconds_per_member == pytest.approx(0.004, rel=0.25)
    assert found.seconds_per_scenario == pytest.approx(0.1, rel=0.25)
    assert computing(found) == pytest.approx((50 * 0.1 + 5000 * 0.004) / 4, rel=0.25)
    assert (found.members, found.blocks, found.at_once) == (5000, 200, 4)
    assert found.parts_mib * 2**20 > 5000 * 8 * (3 + 15)
    prepared.clear()
    # each process prepares scenarios for itself
    own = estimate(work, tmp_path, blocks, 4, processes=source(study, 50, 100))
    assert own.seconds_to_start > 0.2  # Python itself
    assert computing(own) == pytest.approx((200 * 0.1 + 5000 * 0.004) / 4, rel=0.25)
    assert estimate(work, tmp_path, [], 4).seconds == 0.0


# ---------------------------------------------------------------- two at a time


def test_blocks_of_another_run_are_waited_for(study: Path, tmp_path: Path) -> None:
    """A block that another process has claimed is left to it, and taken over when that process is killed."""
    folder = tmp_path / "out"
    sweep(source(study), folder, block=20)
    parts.listed(folder)[3][0].path.unlink()
    killed: list[float] = []
    with holder(folder, 3) as other:

        def kill() -> None:
            killed.append(time.monotonic())
            other.kill()

        threading.Timer(0.6, kill).start()
        report = sweep(source(study), folder)
        assert killed
    assert report.computed == 20
    assert report.results is not None
