"""Sweeps that are killed, stopped, starved of disk or run twice at once: nothing is lost, not a bit differs."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.sweepkit import finish, holder, same, source, start
from waterbal.scenarios import parts
from waterbal.scenarios.claims import MERGING
from waterbal.scenarios.runner import sweep

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")

WORK = {"scenarios": 30, "realizations": 20, "pause": 0.01}
BLOCK = 5
"""120 blocks of one scenario each, 5 realizations."""
SLOW = {**WORK, "pause": 0.04}
"""For what must not be finished before it is disturbed."""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text("as it is", encoding="utf-8")
    return path


@pytest.fixture
def undisturbed(study: Path, tmp_path: Path) -> Path:
    quick = {**WORK, "pause": 0.0}
    sweep(source(study, **quick), tmp_path / "undisturbed", block=BLOCK)
    return tmp_path / "undisturbed"


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def wait_for_parts(folder: Path, count: int) -> None:
    """Wait until some blocks are finished."""
    end = time.monotonic() + 60
    while not (folder / "parts").is_dir() or len(list((folder / "parts").glob("block-*"))) < count:
        assert time.monotonic() < end
        time.sleep(0.005)


def ended(group: int) -> bool:
    """Tell whether all processes of a group have ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def await_end(group: int) -> None:
    end = time.monotonic() + 30
    while not ended(group):
        assert time.monotonic() < end, "processes were left behind"
        time.sleep(0.02)


# ---------------------------------------------------------------- killed


@pytest.mark.parametrize(
    ("resources", "moments"),
    [
        ({"threads": 2}, 5),
        pytest.param({"threads": 2}, 20, marks=pytest.mark.long),
        pytest.param({"workers": 2}, 4, marks=pytest.mark.long),
    ],
    ids=["threads", "threads-often", "processes"],
)
def test_killed_at_random_moments(
    study: Path, tmp_path: Path, undisturbed: Path, resources: dict, moments: int
) -> None:
    folder = tmp_path / "out"
    chance = random.Random(20301)
    seen = set()
    for _ in range(moments):
        process = start(folder, study, work=WORK, block=BLOCK, resources=resources)
        if chance.random() < 0.3:
            time.sleep(chance.uniform(0.0, 0.5))  # while it starts
        else:
            before = len(list(folder.glob("parts/block-*")))
            wait_for_parts(folder, min(before + 1, 120))
            time.sleep(chance.uniform(0.0, 0.3))  # while it computes, writes or merges
        process.kill()
        process.communicate()
        await_end(process.pid)
        there = len(list(folder.glob("parts/block-*")))
        seen.add(there)
        if there == 120:  # there must be something to lose: half of it is lost
            for path in sorted(folder.glob("parts/block-*"))[::2]:
                path.unlink()
    assert len(seen) > moments / 4, "it was killed at different states"
    report = finish(start(folder, study, work=WORK, block=BLOCK))
    assert report["resumed_members"] + report["computed_members"] == 600
    assert same(undisturbed / "results.nc", folder / "results.nc")
    assert names(folder) == names(undisturbed)  # parts too: each is named by the hash of its content


def test_killed_while_it_merges(study: Path, tmp_path: Path, undisturbed: Path) -> None:
    """A merge that is cut short leaves no half file under the name of the result."""
    folder = tmp_path / "out"
    shutil.copytree(undisturbed, folder)
    (folder / "results.nc").unlink()
    slow = (
        "from waterbal.scenarios import merge\n"
        "before = merge.place\n"
        "def place(*told):\n"
        "    before(*told)\n"
        "    if told[1].number == 60: os.kill(os.getpid(), 9)\n"
        "merge.place = place"
    )
    process = start(folder, study, slow, work=WORK)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    left = [path.name for path in folder.iterdir() if path.name.startswith(".results.nc")]
    assert len(left) == 1
    assert not (folder / "results.nc").exists()
    finish(start(folder, study, work=WORK))
    assert same(undisturbed / "results.nc", folder / "results.nc")
    assert names(folder) == names(undisturbed)


# ---------------------------------------------------------------- two at a time


@pytest.mark.parametrize("resources", [{"threads": 2}, {"workers": 2}], ids=["threads", "processes"])
def test_two_runs_in_one_folder_share_the_work(
    study: Path, tmp_path: Path, undisturbed: Path, resources: dict
) -> None:
    folder = tmp_path / "out"
    runs = [start(folder, study, work=WORK, block=BLOCK, resources=resources) for _ in range(2)]
    reports = [finish(run) for run in runs]
    assert sum(report["computed_members"] for report in reports) == 600  # none was computed twice
    assert all(report["results"] for report in reports)
    assert same(undisturbed / "results.nc", folder / "results.nc")
    assert names(folder) == names(undisturbed)


def test_one_of_two_runs_is_killed(study: Path, tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    runs = [start(folder, study, work=WORK, block=BLOCK) for _ in range(2)]
    wait_for_parts(folder, 20)
    runs[0].kill()
    runs[0].communicate()
    assert finish(runs[1])["results"]
    finish(start(folder, study, work=WORK))
    assert same(undisturbed / "results.nc", folder / "results.nc")
    assert names(folder) == names(undisturbed)


def test_shards_at_the_same_time(study: Path, tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    runs = [
        start(folder, study, work=WORK, block=BLOCK, shard=f"{i}/3", resources={"threads": 1})
        for i in (1, 2, 3)
    ]
    reports = [finish(run) for run in runs]
    assert [report["computed_members"] for report in reports] == [200, 200, 200]
    assert any(report["results"] for report in reports)
    assert same(undisturbed / "results.nc", folder / "results.nc")


# ---------------------------------------------------------------- stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("resources", [{"threads": 2}, {"workers": 2}], ids=["threads", "processes"])
def test_a_signal_ends_it_after_the_blocks_at_work(
    study: Path, tmp_path: Path, undisturbed: Path, number: signal.Signals, resources: dict
) -> None:
    folder = tmp_path / "out"
    process = start(folder, study, work=SLOW, block=BLOCK, resources=resources)
    wait_for_parts(folder, 10)
    os.killpg(process.pid, number)  # as a terminal and a batch system do: to everybody
    report = finish(process, 128 + number)
    await_end(process.pid)
    assert report["stopped_by_signal"] == number
    assert 0 < report["missing_blocks"] < 120
    assert report["results"] is None
    assert report["computed_members"] == BLOCK * len(list(folder.glob("parts/*")))
    assert not list(folder.glob("parts/.*"))
    again = finish(start(folder, study, work=WORK))
    assert again["resumed_members"] == report["computed_members"]
    assert same(undisturbed / "results.nc", folder / "results.nc")


@pytest.mark.parametrize("resources", [{"threads": 1}, {"workers": 1}], ids=["threads", "processes"])
def test_a_second_signal_ends_it_at_once(
    study: Path, tmp_path: Path, undisturbed: Path, resources: dict
) -> None:
    folder = tmp_path / "out"
    process = start(folder, study, work={**WORK, "pause": 20.0}, block=BLOCK, resources=resources)
    end = time.monotonic() + 30
    while not (folder / "manifest.json").exists() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.5)
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - begin < 10
    await_end(process.pid)
    finish(start(folder, study, work=WORK))
    assert same(undisturbed / "results.nc", folder / "results.nc")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_the_merge_of_another_run(
    study: Path, tmp_path: Path, undisturbed: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(undisturbed, folder)
    (folder / "results.nc").unlink()
    waiting = (
        "from waterbal.scenarios.claims import Claims\n"
        "before = Claims.take\n"
        "def take(self, n):\n"
        "    taken = before(self, n)\n"
        "    if not taken: open({!r}, 'w').close()\n"
        "    return taken\n"
        "Claims.take = take"
    ).format(str(tmp_path / "waits"))
    with holder(folder, MERGING):
        process = start(folder, study, waiting, work=WORK)
        end = time.monotonic() + 60
        while not (tmp_path / "waits").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(number)
        report = finish(process, 128 + number)
    assert (report["results"], report["missing_blocks"]) == (None, 0)
    finish(start(folder, study, work=WORK))
    assert same(undisturbed / "results.nc", folder / "results.nc")


# ---------------------------------------------------------------- no room, no right


def test_a_limit_met_while_it_runs_loses_nothing(study: Path, tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    first = start(folder, study, work=SLOW, block=BLOCK)  # the frame is larger than a part
    wait_for_parts(folder, 5)
    first.send_signal(signal.SIGTERM)
    kept = finish(first, 128 + signal.SIGTERM)["computed_members"]
    largest = max(path.stat().st_size for path in folder.glob("parts/block-*"))
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest - 1}, -1))"
    told = finish(start(folder, study, limit, work=WORK), 4)
    assert "cannot write a part of the sweep: File too large" in told["error"]
    assert "Traceback" not in told["error"]
    assert not list(folder.glob("parts/.*"))
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest + 1}, -1))"
    told = finish(start(folder, study, limit, work=WORK), 4)  # all parts fit, the result does not
    assert "results.nc" in told["error"]
    assert len(parts.listed(folder)) == 120
    assert not (folder / "results.nc").exists()
    report = finish(start(folder, study, work=WORK))
    assert (kept, report["computed_members"]) > (0, 0)
    assert same(undisturbed / "results.nc", folder / "results.nc")
    assert names(folder) == names(undisturbed)


def mounted(folder: Path, options: str) -> bool:
    """Mount a small file system in memory, where this is allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def test_a_full_disk_loses_nothing(study: Path, tmp_path: Path, undisturbed: Path) -> None:
    disk = tmp_path / "disk"
    if not mounted(disk, "size=200k"):
        pytest.skip("file systems cannot be mounted here; the test with a limit on files covers the rest")
    try:
        folder = disk / "out"
        told = finish(start(folder, study, work={**WORK, "pause": 0.0}, block=BLOCK), 4)
        assert "but only 0.2 MiB are free" in told["error"]
        taken = "import waterbal.scenarios.runner as r; r.check_room = lambda *told: None"  # by others, later
        told = finish(start(folder, study, taken, work={**WORK, "pause": 0.0}, block=BLOCK), 4)
        assert "No space left on device" in told["error"]
        kept = parts.listed(folder)
        assert 0 < len(kept) < 120
        assert not list(folder.glob("parts/.*"))
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        report = finish(start(folder, study, work=WORK))
        assert report["resumed_members"] == BLOCK * len(kept)
        assert same(undisturbed / "results.nc", folder / "results.nc")
        assert names(folder) == names(undisturbed)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_too_little_room_is_told_before_anything_is_computed(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from waterbal.errors import DataError

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    work = source(study)()
    with pytest.raises(DataError, match=r"need 4\.\d MiB with a margin, but only 0\.0 MiB are free"):
        sweep(source(study), tmp_path / "out", work=work)
    assert work.calls == []


def test_a_folder_that_cannot_be_written(study: Path) -> None:
    """As another user: root may write anywhere."""
    lowered = "import waterbal.results.netcdf, waterbal.scenarios.runner; os.getuid() or os.seteuid(65534)"
    with tempfile.TemporaryDirectory() as open_to_all:
        home = Path(open_to_all)
        home.chmod(0o755)
        shutil.copy(study, home)
        folder, closed = home / "out", home / "closed"
        folder.mkdir(mode=0o555)
        closed.mkdir(mode=0o000)
        for place in (folder, folder / "deeper", closed / "deeper"):
            told = finish(start(place, home / study.name, lowered), 2)
            assert "Permission denied" in told["error"]
            assert "Traceback" not in told["error"]
        assert not list(folder.iterdir())
