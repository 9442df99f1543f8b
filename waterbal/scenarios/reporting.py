"""What is asked of a sweep's run beside its work, who is told how it goes, and what it came to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from waterbal.errors import BalanceError, InfeasibleError, Issue, Message
from waterbal.scenarios.blocks import Grid
from waterbal.scenarios.work import STATUS

SHOWN = 20
"""Members listed that ended badly."""
INFEASIBLE = 1
"""Status of a member whose minimum flows cannot be met."""


class Reporter(Protocol):
    """Is told what goes on."""

    def stage(self, text: str, unit: str = "") -> None:
        """Name what is being done now, and what is counted."""

    def note(self, text: str) -> None:
        """Say something that must not be missed."""

    def __call__(self, done: int, total: int) -> None:
        """Count."""


class Silent:
    """Tells nobody."""

    def stage(self, text: str, unit: str = "") -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def __call__(self, done: int, total: int) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Resources:
    """What computes."""

    threads: int = 1
    workers: int = 0
    """Processes of this machine; 0 for threads of this process."""
    scheduler: str = ""
    """Address of a dask scheduler; empty for this machine."""


@dataclass(frozen=True)
class Failure:
    """A member that ended badly."""

    text: str
    status: int


@dataclass
class Report:
    """What a sweep came to."""

    folder: Path
    grid: Grid
    members: int
    """Members of this shard."""
    resumed: int = 0
    """Members that were there already."""
    computed: int = 0
    remade: list[int] = field(default_factory=list)
    """Blocks whose part was damaged."""
    seconds: float = 0.0
    results: Path | None = None
    """Merged file; None while blocks are missing."""
    missing: int = 0
    """Blocks that are still to be made, by anybody."""
    stopped: int | None = None
    """Signal that ended the sweep early."""
    failed: list[Failure] = field(default_factory=list)
    """Members that ended badly."""

    def raise_failures(self) -> None:
        """Raise what ended badly, with the names of the members.

        Raises
        ------
        InfeasibleError
            If minimum flows could not be met.
        BalanceError
            If anything worse happened to a member.
        """
        if not self.failed:
            return
        told = [Issue(Message(_in_chinese(failure.text), failure.text)) for failure in self.failed[:SHOWN]]
        if len(self.failed) > SHOWN:
            told.append(
                Issue(
                    Message(
                        f"另有 {len(self.failed) - SHOWN} 个成员；全部列在成果的 {STATUS} 中",
                        f"and {len(self.failed) - SHOWN} members more; all are in {STATUS} of the results",
                    )
                )
            )
        infeasible = all(failure.status == INFEASIBLE for failure in self.failed)
        raise (InfeasibleError if infeasible else BalanceError)(told)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "folder": str(self.folder),
            "scenarios": self.grid.scenarios,
            "realizations": self.grid.realizations,
            "members": self.members,
            "blocks": self.grid.count,
            "resumed_members": self.resumed,
            "computed_members": self.computed,
            "remade_blocks": self.remade,
            "missing_blocks": self.missing,
            "seconds": round(self.seconds, 3),
            "members_per_second": round(self.computed / self.seconds, 1) if self.seconds else 0.0,
            "results": str(self.results) if self.results else None,
            "stopped_by_signal": self.stopped,
            "failed_members": [failure.text for failure in self.failed],
        }


_SENTENCES = (
    (re.compile(r"scenario (\S+), realization (\d+): "), r"方案 \1，水文样本 \2："),
    (
        re.compile(r"no allocation meets (\S+) in the step that begins (\S+)"),
        r"自 \2 起的时段没有任何配置能满足 \1",
    ),
    (re.compile(r"the balance of (\S+) does not close: residual (\S+)"), r"\1 的水量平衡不闭合：余差 \2"),
    (
        re.compile(r"the allocation of (\S+) could not be certified \(status (\d+)\)"),
        r"\1 的配水未能验证（状态 \2）",
    ),
    (re.compile("a balance does not close in the original equations"), "按原始方程核算，水量平衡不闭合"),
)
"""What is said of a member that ended badly; results keep it in English."""


def _in_chinese(text: str) -> str:
    """Tell in Chinese what a result keeps in English."""
    for english, chinese in _SENTENCES:
        text = english.sub(chinese, text)
    return text
