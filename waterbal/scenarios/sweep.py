"""A sweep as it is asked for: options checked together, then run, estimated, or written down as a job script."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from waterbal.errors import Issue, Message, UsageError, in_language
from waterbal.scenarios import manifest, parts, runner, shards
from waterbal.scenarios.blocks import Grid
from waterbal.scenarios.reporting import Report, Reporter, Resources, Silent
from waterbal.scenarios.workers import cores

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.scenarios.estimate import Estimate
    from waterbal.scenarios.study_work import StudyWork
    from waterbal.scenarios.work import Source


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    study: Path
    """Scenario file."""
    folder: Path
    """Folder for parts and results."""
    overrides: Sequence[str] = ()
    """``path=value`` texts for all scenarios."""
    only: Sequence[str] = ()
    """Choice of scenarios by the values of axes, ``axis=value,...``; all if empty."""
    realizations: int | None = None
    """Realizations of each scenario; None as the study says."""
    keep: str | None = None
    """``metrics``, ``yearly`` or ``full``; None as the study says."""
    threads: int | None = None
    """Threads of this process; None for all cores."""
    workers: int | None = None
    """Processes with one thread each, in place of threads."""
    scheduler: str = ""
    """Address of a dask scheduler, in place of threads."""
    shard: str = ""
    """``i/n``: every n-th block, beginning with the i-th."""
    block: int | None = None
    """Members in a block."""
    fresh: bool = False
    """Begin anew in a folder that holds a sweep."""

    def check(self) -> None:
        """Make sure that the options agree with each other.

        Raises
        ------
        UsageError
            With everything that does not.
        """
        problems = [
            Issue(
                Message(f"{value} 太少", f"{value} is too few"),
                f"--{name}",
                expected=Message("1 或更多", "1 or more"),
            )
            for name in ("realizations", "threads", "workers", "block")
            if (value := getattr(self, name)) is not None and value < 1
        ]
        ways = [name for name in ("threads", "workers", "scheduler") if getattr(self, name) not in (None, "")]
        if len(ways) > 1:
            expected = Message(
                "其中之一；每个进程、每个调度器的工作进程只有一个线程",
                "one of them; a process and a worker of a scheduler have one thread each",
            )
            problems.append(
                Issue(
                    Message(
                        f"--{' 与 --'.join(ways)} 不能同时使用",
                        f"--{' and --'.join(ways)} exclude each other",
                    ),
                    expected=expected,
                )
            )
        if self.shard and self.fresh:
            problems.append(
                Issue(
                    Message(
                        "每个份额都会删掉其他份额算出的成果", "every shard would remove what the others made"
                    ),
                    "--fresh",
                    expected=Message("新的文件夹", "a new folder"),
                )
            )
        if problems:
            raise UsageError(problems)
        if self.shard:
            shards.parse(self.shard)

    @property
    def source(self) -> Source:
        """What opens the work in any process; the models were checked where the sweep began."""
        return self._opener(self.study.absolute())

    def open(self) -> StudyWork:
        """Open the study and check every scenario of it."""
        return self._opener(self.study)(check=True)

    def _opener(self, study: Path) -> partial[StudyWork]:
        from waterbal.scenarios.study_work import open_study

        return partial(
            open_study,
            str(study),
            tuple(self.overrides),
            tuple(self.only),
            self.realizations,
            self.keep,
        )

    @property
    def resources(self) -> Resources:
        """What computes."""
        return Resources(self.threads or cores(), self.workers or 0, self.scheduler)

    def job_script(self, system: str, more: Sequence[str] = ()) -> str:
        """Write the request as a job script.

        Parameters
        ----------
        system : str
            Batch system, see ``shards.job_script``.
        more : sequence of str
            Further arguments of the command.

        Raises
        ------
        UsageError
            If the options do not agree with each other or with a job script.
        """
        self.check()
        problems = [
            Issue(
                Message(f"作业脚本不接受 --{name}", f"a job script does not take --{name}"),
                f"--{name}",
                expected=expected,
            )
            for name, given, expected in (
                (
                    "scheduler",
                    self.scheduler,
                    Message(
                        "作业数组，它不需要 dask 调度器", "an array of jobs, which needs no scheduler of dask"
                    ),
                ),
                (
                    "shard",
                    self.shard,
                    Message("不写：数组中每个作业就是一个份额", "none: each task of the array is a shard"),
                ),
                (
                    "fresh",
                    self.fresh,
                    Message(
                        "新的文件夹：每个作业都会删掉其他作业的成果",
                        "a new folder: every task would remove what the others made",
                    ),
                ),
            )
            if given
        ]
        if problems:
            raise UsageError(problems)
        arguments = " ".join([self.arguments(), *map(shlex.quote, more)])
        return shards.job_script(
            system,
            "waterbal",
            arguments,
            cores=self.workers or self.threads,
            processes=self.workers is not None,
        )

    def arguments(self) -> str:
        """Write the request as arguments of a command, for a shell; what a batch system decides is left out."""
        words = [str(self.study), "-o", str(self.folder)]
        words += [word for text in self.overrides for word in ("--set", text)]
        words += [word for text in self.only for word in ("--only", text)]
        for name in ("realizations", "keep", "block"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value is not None else []
        return shlex.join(words)


def run(request: Request, reporter: Reporter | None = None) -> Report:
    """Run a sweep, or what is missing of it; see ``runner.sweep``.

    Parameters
    ----------
    request : Request
        What is asked for.
    reporter : Reporter, optional
        Is told what goes on.

    Raises
    ------
    UsageError, ConfigError, DataError
        Before anything is computed: with every problem of the options, the study, its data and the folder.
    """
    reporter = reporter or Silent()
    request.check()
    manifest.check_folder(request.folder)
    reporter.stage(Message("检查各方案", "checking the study"))
    work = request.open()
    for note in work.study.notes:
        reporter.note(Message(f"注意：{in_language(note, 'zh')}", f"note: {note}"))
    return runner.sweep(
        request.source,
        request.folder.absolute(),
        work=work,
        resources=request.resources,
        shard=shards.parse(request.shard) if request.shard else shards.WHOLE,
        block=request.block,
        fresh=request.fresh,
        reporter=reporter,
    )


def dry_run(request: Request, reporter: Reporter | None = None) -> Estimate:
    """Check everything that ``run`` checks, and estimate what it will take; nothing is written.

    Parameters
    ----------
    request : Request
        What is asked for.
    reporter : Reporter, optional
        Is told what goes on.
    """
    from waterbal.scenarios.estimate import estimate

    reporter = reporter or Silent()
    request.check()
    folder = request.folder
    manifest.check_folder(folder)
    reporter.stage(Message("检查各方案", "checking the study"))
    work = request.open()
    found = manifest.read(folder) if folder.is_dir() and not request.fresh else None
    size = runner.block_size(request.block, work, found)
    if found is not None:
        manifest.refuse_other(folder, found, manifest.describe(work, size))
    there = parts.listed(folder) if found is not None else {}
    shard = shards.parse(request.shard) if request.shard else shards.WHOLE
    grid = Grid(len(work.scenarios), work.realizations, size)
    blocks = [block for block in grid if shard.has(block.number) and block.number not in there]
    reporter.stage(Message("试算少量成员", "measuring a few members"))
    at_once = request.workers or request.threads or cores()
    return estimate(work, folder, blocks, at_once, processes=request.source if request.workers else None)


def sweep(
    path: str | Path,
    out: str | Path,
    *,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    realizations: int | None = None,
    keep: str | None = None,
    threads: int | None = None,
    workers: int | None = None,
    scheduler: str = "",
    block: int | None = None,
    fresh: bool = False,
) -> xr.Dataset:
    """Run every scenario of a study with every realization of its hydrology, and open the results.

    What an earlier sweep in the folder has finished is not computed again. A script that names ``workers``
    must keep its own work below ``if __name__ == "__main__":``, because processes that are started import it.

    Parameters
    ----------
    path : str or Path
        Scenario file.
    out : str or Path
        Folder for parts and the merged ``results.nc``.
    overrides, only, realizations, keep, threads, workers, scheduler, block, fresh
        As the options of ``waterbal sweep``.

    Returns
    -------
    Dataset (scenario, realization, ...)
        Opened; numbers are read when asked for. ``member_status`` is 0 where a member ended well.

    Raises
    ------
    UsageError, ConfigError, DataError
        Before anything is computed: with every problem of the options, the study, its data and the folder.
    KeyboardInterrupt
        If it was stopped; what is finished is kept.
    """
    from waterbal.results.netcdf import open_result

    report = run(
        Request(
            Path(path), Path(out), overrides, only, realizations, keep, threads, workers, scheduler,
            block=block, fresh=fresh,
        )
    )  # fmt: skip
    if report.results is None:
        raise KeyboardInterrupt
    return open_result(report.results)
