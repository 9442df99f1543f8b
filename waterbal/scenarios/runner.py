"""Running a sweep: what is missing, block by block, until everything is there; then one file."""

from __future__ import annotations

import contextlib
import time
from contextlib import closing
from pathlib import Path

from waterbal.errors import DataError, Issue, Message, WaterbalError, in_language, reason_of
from waterbal.scenarios import frame, manifest, merge, parts
from waterbal.scenarios.blocks import Block, default_size
from waterbal.scenarios.claims import MERGING, STARTING, Claims
from waterbal.scenarios.estimate import check_room
from waterbal.scenarios.interrupt import Stop, Stoppable
from waterbal.scenarios.manifest import Manifest
from waterbal.scenarios.parts import Part
from waterbal.scenarios.reporting import Failure, Report, Reporter, Resources, Silent
from waterbal.scenarios.shards import WHOLE, Shard
from waterbal.scenarios.work import MESSAGES, STATUS, Source, Work
from waterbal.scenarios.workers import ATTEMPTS, Outcome, Pool, Processes, Task, Threads

PATIENCE = 0.2
"""[s] between two looks at what is going on."""
HOPELESS = 2
"""A sweep ends when this many blocks were given up before one was done."""
MEMBERS = Message("个成员", "members")
BLOCKS = Message("个分块", "blocks")
COMPUTING = Message("计算", "computing")
STARTING_WORKERS = Message("启动工作进程", "starting workers")
MERGING_PARTS = Message("合并", "merging")
STOPPING = Message(
    "算完手头的分块后停止；再按一次立即停止", "stopping after the blocks at work; once more to stop at once"
)
ELSEWHERE = Message(
    "其余分块正由同一文件夹中的另一进程计算，等待中",
    "another run in the folder has what is left; waiting for it",
)


def block_size(given: int | None, work: Work, found: Manifest | None) -> int:
    """Choose the size of blocks: as given, as the folder has it, or as suits what is kept in a new one."""
    if given is not None:
        return given
    if found is not None:
        return int(found.sweep["block"])
    return default_size(work.keep, len(work.scenarios) * work.realizations)


def prepare(work: Work, folder: Path, block: int, claims: Claims) -> Manifest:
    """Set up the folder of a sweep, or make sure that it is that of this sweep.

    Raises
    ------
    UsageError
        If it holds anything else.
    DataError
        If it cannot be written to.
    """
    wanted = manifest.describe(work, block)
    with claims.turn(STARTING):
        found = manifest.read(folder)
        if found is None:
            found = manifest.create(folder, Manifest(wanted, frame.write(work, folder), work.names()))
        manifest.refuse_other(folder, found, wanted)
        found = with_frame(work, folder, found, found.names == work.names())
        for path in folder.glob(manifest.FRAME):
            if path.name != found.frame:
                path.unlink(missing_ok=True)
        manifest.remove_unfinished(folder)
    return found


def with_frame(work: Work, folder: Path, found: Manifest, current: bool) -> Manifest:
    """Make the frame of a sweep again if it is damaged, gone or not current; hold the claim on setting up."""
    if frame.is_whole(folder / found.frame) and current:
        return found
    made = Manifest(found.sweep, frame.write(work, folder), work.names())
    return found if made == found else manifest.renew(folder, made)


def sweep(
    source: Source,
    folder: Path,
    *,
    work: Work | None = None,
    resources: Resources | None = None,
    shard: Shard = WHOLE,
    block: int | None = None,
    fresh: bool = False,
    reporter: Reporter | None = None,
) -> Report:
    """Compute what is missing of a sweep, and merge it when everything is there.

    Parameters
    ----------
    source : callable
        Opens the work; other processes call it too.
    folder : Path
        Folder of the sweep; an unfinished one is continued.
    work : Work, optional
        The work where it is open already.
    resources : Resources, optional
        What computes; one thread by default.
    shard : Shard
        Part of the blocks to compute here.
    block : int, optional
        Members in a block.
    fresh : bool
        Begin anew, whatever the folder holds of an earlier sweep.
    reporter : Reporter, optional
        Is told what goes on.

    Returns
    -------
    Report
        What was done and what is missing; members that ended badly are in it.

    Raises
    ------
    UsageError
        If the folder holds something else.
    DataError
        If an input changed meanwhile, or the disk is full: what is finished is kept.
    """
    manifest.check_folder(folder)
    work = work or source()
    if resources and resources.scheduler and (fresh or not (folder / manifest.FILE).exists()):
        from waterbal.scenarios.distributed import reach

        reach(resources.scheduler)
    if fresh:
        manifest.clear(folder)
    try:
        (folder / parts.FOLDER).mkdir(parents=True, exist_ok=True)
        claims = Claims(folder)
    except OSError as error:
        raise DataError(
            Issue(
                Message("无法写入文件夹：", "cannot write the folder: ") + reason_of(error),
                file=str(folder),
            )
        ) from error
    begin = time.perf_counter()
    with closing(claims):
        found = prepare(work, folder, block_size(block, work, manifest.read(folder)), claims)
        run = _Run(work, Task(source, folder, found), claims, shard, reporter or Silent())
        with Stoppable() as signals:
            run.tidy()
            if run.pending:
                check_room(work, folder, run.pending)
                run.compute(resources or Resources(), signals.stop)
            run.report.seconds = time.perf_counter() - begin
            return run.finish(signals.stop)


class _Run:
    """One run in the folder of a sweep."""

    def __init__(self, work: Work, task: Task, claims: Claims, shard: Shard, reporter: Reporter) -> None:
        self.work, self.task, self.claims, self.reporter = work, task, claims, reporter
        self.grid = task.manifest.grid
        self.mine = [block for block in self.grid if shard.has(block.number)]
        self.report = Report(task.folder, self.grid, sum(block.members for block in self.mine))
        self.pending: list[Block] = []
        self.lost: list[Outcome] = []
        self.there: dict[int, list[Part]] = {}
        """Parts when they were listed last."""
        self.done = 0

    # ------------------------------------------------------------ what is there

    def tidy(self) -> None:
        """Find out what is missing, and remove what writers that were stopped have left."""
        folder, sweep = self.task.folder, self.task.manifest.id
        for number, path in list(parts.unfinished(folder)):
            if self.claims.take(number):
                path.unlink(missing_ok=True)
                self.claims.give_back(number)
        self.reporter.stage(Message("检查已有分块", "checking the parts that are there"), BLOCKS)
        there = parts.listed(folder)
        for count, block in enumerate(self.mine):
            candidates = there.get(block.number, [])
            if not candidates:
                self.pending.append(block)
            elif parts.good(candidates, sweep) is None:
                self.report.remade.append(block.number)
                self.pending.append(block)
                self.reporter.note(
                    Message(f"{block.name.zh}已损坏，重新计算", f"{block} was damaged; it is made again")
                )
            else:
                self.report.resumed += block.members
            self.reporter(count + 1, len(self.mine))
        self.done = self.report.resumed

    # ------------------------------------------------------------ computing

    def compute(self, resources: Resources, stop: Stop) -> None:
        """Compute what is missing, sharing it with whoever works in the folder too."""
        starting = bool(resources.workers or resources.scheduler)
        self._computing(STARTING_WORKERS if starting else COMPUTING)
        told = waiting = False
        with closing(self._pool(resources)) as pool:
            running: dict[int, Block] = {}
            while running or self.pending:
                if stop and not told:
                    told = True
                    self.reporter.note(STOPPING)
                    for block in pool.drop():
                        self._ended(running.pop(block.number))
                if stop and not running:
                    return
                if not stop and not self._hand_out(pool, running) and not running:
                    if not waiting:
                        waiting = True
                        self.reporter.note(ELSEWHERE)
                    time.sleep(PATIENCE)
                for outcome in pool.wait(PATIENCE) if running else ():
                    if outcome.error is None and not outcome.killed:
                        self.claims.mark_done(outcome.block.number)
                    self._ended(running.pop(outcome.block.number))
                    if starting and outcome.error is None:  # the pace is that of workers that have started
                        starting = False
                        self._computing(COMPUTING)
                    self._note(outcome)
        if self.lost:
            raise WaterbalError([self._gone(outcome) for outcome in self.lost])

    def _computing(self, stage: str) -> None:
        self.reporter.stage(stage, MEMBERS)
        self.reporter(self.done, self.report.members)

    def _pool(self, resources: Resources) -> Pool:
        if resources.scheduler:
            from waterbal.scenarios.distributed import Dask

            return Dask(self.task, resources.scheduler)
        if resources.workers:
            slots = min(resources.workers, len(self.pending))
            self.work.warm_up()
            return Processes(self.task, slots)
        slots = max(1, min(resources.threads, len(self.pending)))
        return Threads(self.work, self.task, slots, max(1, resources.threads // slots))

    def _hand_out(self, pool: Pool, running: dict[int, Block]) -> bool:
        """Claim blocks and give them to the pool as long as it takes some; False if there was none to claim."""
        given = False
        for block in list(self.pending):
            if len(running) >= pool.slots:
                break
            if block.number in running or not self.claims.take(block.number):
                continue
            self.pending.remove(block)
            if self._made_by_another(block):
                self._ended(block)
                self._count(block)
                continue
            running[block.number] = block
            pool.submit(block)
            given = True
        return given

    def _made_by_another(self, block: Block) -> bool:
        """Tell whether another run has finished a block since its part was looked for."""
        number, folder = block.number, self.task.folder
        if not self.claims.may_be_done(number):
            return False
        if number not in self.there:
            self.there = parts.listed(folder)
        return parts.good(self.there.pop(number, []), self.task.manifest.id) is not None

    def _ended(self, block: Block) -> None:
        self.claims.give_back(block.number)

    def _count(self, block: Block) -> None:
        self.done += block.members
        self.reporter(self.done, self.report.members)

    def _note(self, outcome: Outcome) -> None:
        """Count a block, or find out what went wrong with it."""
        if isinstance(outcome.error, MemoryError):
            advice = Message(
                "请减少 --threads 或 --workers 后再次执行；已完成的都保留",
                "run it again with fewer --threads or --workers; what is finished is kept",
            )
            raise WaterbalError(
                Issue(
                    Message(
                        f"内存不足以计算{outcome.block.name.zh}：{advice.zh}",
                        f"not enough memory for {outcome.block}: {advice}",
                    )
                )
            )
        if outcome.error is not None:
            raise outcome.error
        if outcome.killed:
            self.lost.append(outcome)
            self.reporter.note(self._gone(outcome).message)
            if len(self.lost) >= HOPELESS and not self.report.computed:
                raise WaterbalError([self._gone(outcome) for outcome in self.lost])
            return
        self.report.computed += outcome.block.members
        self._count(outcome.block)

    def _gone(self, outcome: Outcome) -> Issue:
        names = [self.work.scenarios[i] for i in outcome.block.scenarios]
        one = Message(names[0], names[0])
        listed = one if len(names) == 1 else Message(f"{one} 至 {names[-1]}", f"{one} to {names[-1]}")
        killed = in_language(outcome.killed, "zh")
        return Issue(
            Message(
                f"{outcome.block.name.zh}：其工作进程丢失了 {ATTEMPTS} 次（{killed}）；方案 {listed.zh}。"
                "其余的都保留；再次执行同一命令会重算",
                f"{outcome.block}: its worker was lost {ATTEMPTS} times ({outcome.killed}); scenarios {listed}. "
                "The rest is kept; the same command tries it again",
            )
        )

    # ------------------------------------------------------------ the end

    def finish(self, stop: Stop) -> Report:
        """Merge if everything is there; find the members that ended badly."""
        report, folder = self.report, self.task.folder
        there = parts.listed(folder)
        report.missing = sum(number not in there for number in range(self.grid.count))
        self._failures([there[block.number][0] for block in self.mine if block.number in there])
        if not report.missing and not stop:
            self._merge(stop)
        report.stopped = stop.signal
        return report

    def _merge(self, stop: Stop) -> None:
        """Merge, unless somebody stops it or it was done before."""

        def look() -> None:
            if stop:
                raise _StoppedError

        def watch(done: int, total: int) -> None:
            self.reporter(done, total)
            look()

        folder = self.task.folder
        self.reporter.stage(MERGING_PARTS, BLOCKS)
        with contextlib.suppress(_StoppedError), self.claims.turn(MERGING, look):
            target = folder / manifest.RESULTS
            found = manifest.read(folder) or self.task.manifest  # whoever started last has named things
            if not merge.is_current(folder, found):
                with self.claims.turn(STARTING, look):
                    found = with_frame(self.work, folder, manifest.read(folder) or found, current=True)
                merge.write(folder, found, target, watch, self.reporter.note)
            self.report.results = target

    def _failures(self, chosen: list[Part]) -> None:
        """Find the members that ended badly."""
        for part in chosen:
            found = parts.peek(part, (STATUS, MESSAGES))
            bad = found[STATUS][found[STATUS] != 0] if STATUS in found else ()
            for status, text in zip(bad, found[MESSAGES] if len(bad) else (), strict=True):
                self.report.failed.append(Failure(str(text), int(status)))


class _StoppedError(Exception):
    """Somebody stopped the merge."""
