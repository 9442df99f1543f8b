"""Sweeps on a real dask scheduler with real workers on loopback, some of which are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.citykit import write_city
from tests.sweepkit import ROOT, finish, same, source, start
from tests.test_sweep_cli import STUDY
from tests.test_sweep_survival import BLOCK, SLOW, WORK, names, wait_for_parts
from waterbal.errors import UsageError
from waterbal.scenarios import distributed
from waterbal.scenarios.reporting import Resources
from waterbal.scenarios.runner import sweep

pytest.importorskip("distributed", reason="the extra `dask` is not installed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")


@dataclass
class Cluster:
    """A scheduler and two workers, each a process below one that starts it again."""

    address: str
    group: int

    def workers(self) -> list[int]:
        """Give the processes that compute."""
        found = []
        for path in Path("/proc").iterdir():
            try:
                words = (path / "cmdline").read_bytes().split(b"\0")
                if b"spawn_main" in b"".join(words) and os.getpgid(int(path.name)) == self.group:
                    found.append(int(path.name))
            except (OSError, ValueError):
                continue
        return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    told = folder / "scheduler.json"
    around = {**os.environ, "PYTHONPATH": str(ROOT)}
    common = ["--scheduler-file", str(told)]
    scheduler = subprocess.Popen(
        [
            sys.executable, "-m", "distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1",
            "--port", "0", "--no-dashboard",
        ],
        cwd=folder, env=around, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    workers = subprocess.Popen(
        [
            sys.executable, "-m", "distributed.cli.dask_worker", *common, "--host", "127.0.0.1",
            "--nworkers", "2", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder),
        ],
        cwd=folder, env=around, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not told.exists() or not told.read_text():
            assert time.monotonic() < end
            assert scheduler.poll() is None
            time.sleep(0.05)
        yield Cluster(json.loads(told.read_text())["address"], workers.pid)
    finally:
        for process in (workers, scheduler):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text("as it is", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    sweep(source(study, **{**WORK, "pause": 0.0}), folder, block=BLOCK)
    return folder


def on(cluster: Cluster) -> dict[str, str]:
    return {"scheduler": cluster.address}


def test_a_worker_killed_while_it_computes(
    cluster: Cluster, study: Path, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    process = start(folder, study, work=SLOW, block=BLOCK, resources=on(cluster))
    wait_for_parts(folder, 20)
    killed = cluster.workers()
    assert killed
    os.kill(killed[0], signal.SIGKILL)
    report = finish(process)
    assert report["computed_members"] == 600
    assert same(undisturbed / "results.nc", folder / "results.nc")
    finish(start(folder, study, work=WORK))  # what the dead worker left goes
    assert names(folder) == names(undisturbed)


def test_a_client_that_is_killed(cluster: Cluster, study: Path, undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start(folder, study, work=SLOW, block=BLOCK, resources=on(cluster))
    wait_for_parts(folder, 20)
    process.kill()
    process.communicate()
    report = finish(start(folder, study, work=WORK, block=BLOCK, resources=on(cluster)))
    assert report["resumed_members"] >= 100
    assert same(undisturbed / "results.nc", folder / "results.nc")
    finish(start(folder, study, work=WORK))
    assert names(folder) == names(undisturbed)


def test_a_signal_takes_back_what_is_not_begun(cluster: Cluster, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start(folder, study, work=SLOW, block=BLOCK, resources=on(cluster))
    wait_for_parts(folder, 10)
    process.send_signal(signal.SIGTERM)
    report = finish(process, 128 + signal.SIGTERM)
    assert 0 < report["missing_blocks"] < 110
    assert report["computed_members"] == BLOCK * len(list(folder.glob("parts/block-*")))


def test_a_block_that_kills_its_workers_is_named(cluster: Cluster, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    work = {"scenarios": 4, "realizations": 2, "deadly": "s2"}
    told = finish(start(folder, study, work=work, block=2, resources=on(cluster)), 70)
    assert "block 2 (scenarios 2 to 2, realizations 0 to 1)" in told["error"]
    assert "killed" in told["error"]
    assert len(list(folder.glob("parts/block-*"))) == 3


def test_an_error_of_a_worker_is_told_as_it_is(cluster: Cluster, study: Path, tmp_path: Path) -> None:
    """The study changes after the sweep has begun: a worker that opens it then refuses to mix."""
    folder = tmp_path / "out"
    other = tmp_path / "other.yaml"
    other.write_text("before", encoding="utf-8")
    process = start(
        folder, other, "import waterbal.scenarios.runner as r\nbefore = r.check_room\n"
        "def check_room(*told):\n"
        f"    open({str(other)!r}, 'w').write('after')\n"
        "    before(*told)\n"
        "r.check_room = check_room",
        work=WORK, block=BLOCK, resources=on(cluster),
    )  # fmt: skip
    told = finish(process, 4)
    assert "a worker does not find what the sweep began with" in told["error"]
    assert "other.yaml changed" in told["error"]
    assert "Traceback" not in told["error"]
    assert not list(folder.glob("parts/*"))


@pytest.mark.long
def test_a_real_study(cluster: Cluster, tmp_path: Path) -> None:
    write_city(tmp_path)
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    command = [sys.executable, "-m", "waterbal", "sweep", str(path), "--quiet", "--block", "5"]
    for folder, more in (("one", ["--threads", "1"]), ("dask", ["--scheduler", cluster.address])):
        subprocess.run([*command, "-o", str(tmp_path / folder), *more], cwd=ROOT, check=True)
    assert same(tmp_path / "one" / "results.nc", tmp_path / "dask" / "results.nc")


def test_nobody_answers(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = finish(
        start(
            tmp_path / "out", study, "import waterbal.scenarios.distributed as d; d.CONNECTING = 0.5",
            resources={"scheduler": "tcp://127.0.0.1:9"},
        ),
        2,
    )  # fmt: skip
    assert "no dask scheduler with workers answers at tcp://127.0.0.1:9" in told["error"]
    assert "Traceback" not in told["error"]
    assert not (tmp_path / "out").exists()


def test_without_the_extra(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'waterbal\[dask\]'"):
        sweep(source(study), tmp_path / "out", resources=Resources(scheduler="tcp://127.0.0.1:9"))
    assert not (tmp_path / "out").exists()


def test_what_listens_and_says_nothing_is_no_scheduler(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as another service on a mistyped port, for which a client of dask waits without end."""
    monkeypatch.setattr(distributed, "CONNECTING", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UsageError) as refused:
            sweep(source(study), tmp_path / "out", resources=Resources(scheduler=address))
    assert "what listens there is no dask scheduler" in str(refused.value)
