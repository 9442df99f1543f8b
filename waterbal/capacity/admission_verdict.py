"""What became of projects: verdicts, and what they change for existing users, as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_change import Remedy
from waterbal.capacity.admission_futures import Unjudged
from waterbal.capacity.admission_ledger import Ledger
from waterbal.capacity.admission_runs import Run, group
from waterbal.capacity.admission_supply import Supply
from waterbal.capacity.admission_terms import Test
from waterbal.capacity.project import ProjectFile
from waterbal.model.base import Label

ADMITTED, ON_CONDITION, REFUSED = "admitted", "conditional", "refused"
VERDICTS = {
    ADMITTED: Label(zh="通过", en="admitted"),
    ON_CONDITION: Label(zh="有条件", en="conditional"),
    REFUSED: Label(zh="不通过", en="refused"),
}


@dataclass(frozen=True)
class Delta:
    """Existing users of one sector in one zone, without and with a project."""

    future: str
    zone: str
    zone_name: Label
    sector: str
    target: float | None
    """Highest guarantee rate that one of them has [-]."""
    before: float
    """Lowest guarantee rate of one of them [-]."""
    after: float
    supplied_before: float | None
    """Supply over need of the whole record [-]; None without need."""
    supplied_after: float | None
    short_before: float
    """Mean shortage [1e4 m3/yr]."""
    short_after: float


@dataclass(frozen=True)
class Verdict:
    """What became of one project."""

    project: str
    name: Label
    verdict: str
    """``admitted``, ``conditional`` or ``refused``."""
    intake: float
    """What it takes when built out [1e4 m3/yr]."""
    value_per_volume: float | None
    """[yuan/m3]"""
    tests: tuple[Test, ...]
    remedies: tuple[Remedy, ...]
    """Smallest changes with which no test fails; of a kind that is not there none was found."""
    condition: Remedy | None
    """The one that is taken up where the project is let in on a condition."""
    deltas: tuple[Delta, ...]
    """By future, zone and sector."""
    grade: str
    """How firm the need is."""
    start_year: int
    """Year in which it means to begin."""
    judged_from: int
    """First planning year in which it was judged."""
    takes: Mapping[int, float]
    """Net intake by year in which it begins or grows, on its terms and as the ledger counts it [1e4 m3/yr]."""
    gets: tuple[Supply, ...]
    """What the project itself would get as it asks, in every future in which it takes water."""
    idle: tuple[Remedy, ...] = ()
    """Changes with which no test fails, but of whose part that is served another way practically nothing is supplied:
    they are not offered."""
    sought: bool = True
    """Whether changes were looked for where a test fails."""


@dataclass(frozen=True)
class Admission:
    """What became of all projects."""

    verdicts: tuple[Verdict, ...]
    """In the order of rank: by value added per water, those without a value added last."""
    reversed: tuple[Verdict, ...]
    """In the reverse order, where there are several: what depends on who comes first."""
    futures: tuple[tuple[str, Label, int], ...]
    """Id, name and planning year of each future."""
    realizations: int
    unjudged: tuple[Unjudged, ...]
    tolerance: float
    ledger: Ledger | None
    assumed: int
    """Inputs of the model that are assumed."""
    files: dict[str, ProjectFile]
    command: str = ""
    """Command line that judges the same again."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Projects that are refused."""
        return tuple(v.project for v in self.verdicts if v.verdict == REFUSED)

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain, JSON-able data."""
        return {
            "verdicts": [_told(v) for v in self.verdicts],
            "reversed": [_told(v) for v in self.reversed],
            "futures": [{"id": i, "name": n.model_dump(), "year": y} for i, n, y in self.futures],
            "realizations": self.realizations,
            "unjudged": [asdict(one) for one in self.unjudged],
            "tolerance": self.tolerance,
            "ledger": None
            if self.ledger is None
            else {str(year): self.ledger.remaining(year) for _, _, year in self.futures},
            "assumed_inputs": self.assumed,
            "command": self.command,
        }


def _told(value: Any) -> Any:
    """Turn a result into plain data."""
    if isinstance(value, Label):
        return value.model_dump()
    if hasattr(value, "__dataclass_fields__"):
        return {name: _told(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple | list):
        return [_told(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def deltas_of(case: Candidate) -> list[Delta]:
    """Compare existing users without and with a project, by zone and sector."""
    future, model = case.future, case.future.case.model
    before, after = case.without, case.with_it
    span = future.span
    item = {it.row.members[0][0]: i for i, it in enumerate(future.items) if it.row.kind == "annual"
            and it.row.id.startswith("demands.")}  # fmt: skip
    found = []
    for (zone, sector), demands in group(future, future.existing).items():
        ids = [future.rows.demands[d].id for d in demands]
        places = [item[id] for id in ids]
        targets = [future.rows.demands[d].guarantee for d in demands if future.rows.demands[d].guarantee]
        found.append(
            Delta(
                future.id, zone, model.zones[zone].name or Label(zh=zone, en=zone), sector,
                max(targets, default=None), float(before.rate[places].min()), float(after.rate[places].min()),
                _supplied(before, demands), _supplied(after, demands),
                _short(before, demands) / span, _short(after, demands) / span,
            )
        )  # fmt: skip
    return found


def _supplied(run: Run, demands: Sequence[int]) -> float | None:
    need = float(run.need[:, :, demands].sum())
    return float(run.supply[:, :, demands].sum()) / need if need > 0.0 else None


def _short(run: Run, demands: Sequence[int]) -> float:
    return max(0.0, float((run.need[:, :, demands] - run.supply[:, :, demands]).sum()))
