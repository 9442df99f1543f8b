"""Sharing a sweep among jobs of a batch system: ``i/n``, and a job script that says so."""

from __future__ import annotations

from dataclasses import dataclass

from waterbal.errors import Issue, Message, UsageError


@dataclass(frozen=True)
class Shard:
    """Every n-th block, beginning with the i-th, counted from 1."""

    index: int
    count: int

    def has(self, number: int) -> bool:
        """Tell whether a block belongs to it."""
        return number % self.count == self.index - 1


WHOLE = Shard(1, 1)


def parse(text: str) -> Shard:
    """Read ``i/n``.

    Raises
    ------
    UsageError
        If it is anything else.
    """
    index, slash, count = text.partition("/")
    try:
        shard = Shard(int(index), int(count))
    except ValueError:
        shard = Shard(0, 0)
    if not slash or not 1 <= shard.index <= shard.count:
        message = Message(f"{text!r} 不是一个份额", f"{text!r} is no shard")
        raise UsageError(
            Issue(
                message,
                where="--shard",
                expected=Message("i/n，i 为 1 至 n，例如 3/16", "i/n with i from 1 to n, e.g. 3/16"),
            )
        )
    return shard


CORES = 4
"""Of a task, if the user does not say."""
SLURM = """\
#!/bin/bash
# Job array: every task computes its share of the blocks; the one that finishes last merges them.
# Submit with: sbatch THIS_FILE. Two minutes before its time is up a task finishes the blocks at work and ends;
# submit the file again to go on, as after a lost node.
#SBATCH --job-name=waterbal
#SBATCH --array=1-16
#SBATCH --cpus-per-task={cores}
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=%x-%a.log
set -eu

# Kernels are kept on each node, so that nodes with other processors do not share machine code.
export WATERBAL_CACHE_DIR="${{TMPDIR:-/tmp}}/waterbal-$(id -u)"

exec {program} sweep {arguments} \\
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \\
    --{way} "$SLURM_CPUS_PER_TASK"
"""


def job_script(
    system: str, program: str, arguments: str, *, cores: int | None = None, processes: bool = False
) -> str:
    """Give a job script for a batch system.

    Parameters
    ----------
    system : str
        ``slurm``.
    program, arguments : str
        How to call waterbal here, quoted for a shell.
    cores : int, optional
        Cores of a task.
    processes : bool
        Whether a task uses processes in place of threads.

    Raises
    ------
    UsageError
        If the system is another.
    """
    if system != "slurm":
        raise UsageError(
            Issue(
                Message(f"没有 {system!r} 的作业脚本", f"no job script for {system!r}"),
                where="--job-script",
                expected="slurm",
            )
        )
    return SLURM.format(
        program=program, arguments=arguments, cores=cores or CORES, way="workers" if processes else "threads"
    )
