"""The balances of demand and supply (一次、二次、三次平衡): layers of measures over one and the same hydrology.

Every layer is simulated with all realizations; realization k is the same weather in all of them. The gap that a
measure closes is told for two orders, as listed and reversed, because it depends on what has been done before. In any
set of measures they are applied to the model as listed, so that two that set the same number mean the same in both.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from waterbal.api import Case
from waterbal.capacity.balance_tables import Balances, Closed, Layer, Year
from waterbal.capacity.fit import GAP_TOLERANCE, fits
from waterbal.capacity.load_state import LoadState, load_spec, of_years
from waterbal.capacity.search import Options
from waterbal.capacity.yearly import Yearly, by_year, origins
from waterbal.errors import ConfigError, Issue, Message, UsageError, nearest, one_of
from waterbal.model.base import Label
from waterbal.model.rows import Floats
from waterbal.network.requirements import misses, years_needed
from waterbal.results.metrics import years_by_gap
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import sector
from waterbal.scenarios.measures import with_required

if TYPE_CHECKING:
    from waterbal.scenarios.study import Study

PROBABILITIES = (0.5, 0.75, 0.95)
"""Share of years whose gap is not larger: normal, dry and very dry year (平水年, 枯水年, 特枯年)."""
HYDROLOGY = ("series", "hydrology", "time")
"""Sections of a model that make the hydrology and its steps."""

Done = tuple[str, ...]
"""Measures in the order in which they are applied."""


@dataclass
class _Runs:
    """The simulations of one scenario under sets of measures, each done once."""

    study: Study
    number: int
    realizations: int
    threads: int | None
    progress: Callable[[int, int], None] | None
    all: Done
    """Every measure of the balances, in the order in which they are applied."""
    parts: int = 0
    """Simulations and fits that there will be."""
    done: int = 0
    _cases: dict[Done, Case] = field(default_factory=dict)
    _full: dict[Done, Yearly] = field(default_factory=dict)
    _gaps: dict[Done, Floats] = field(default_factory=dict)

    def ordered(self, names: Iterable[str]) -> Done:
        """Put measures, with what they require, into the order in which they are applied."""
        wanted = with_required(tuple(names), self.study.measures)
        return tuple(name for name in self.all if name in wanted)

    def case(self, measures: Done) -> Case:
        """Give the model."""
        if measures not in self._cases:
            self._cases[measures] = self.study.case(self.number, measures)
        return self._cases[measures]

    def full(self, measures: Done) -> Yearly:
        """Simulate with all that is kept."""
        if measures not in self._full:
            case = self.case(measures)
            self._full[measures] = by_year(case, self.realizations, full=True, threads=self.threads)
            self._gaps[measures] = self._full[measures].gap
            self.tell()
        return self._full[measures]

    def gap(self, measures: Done) -> Floats:
        """Simulate for the gap alone, ndarray (realization, year) [1e4 m3]."""
        if measures not in self._gaps:
            case = self.study.case(self.number, measures)
            self._gaps[measures] = by_year(case, self.realizations, full=False, threads=self.threads).gap
            self.tell()
        return self._gaps[measures]

    def tell(self) -> None:
        """Report that another part is done."""
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.parts)


def three_balances(
    study: Study,
    scenario_number: int,
    realizations: int,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    fit: Sequence[str] | None = None,
    tolerance: float = GAP_TOLERANCE,
    options: Options | None = None,
) -> Balances:
    """Work out the balances of a scenario over one hydrology.

    Parameters
    ----------
    study : Study
        With a section ``balances``; any number of them, from first to last.
    scenario_number : int
        Scenario that the measures are added to.
    realizations : int
        Hydrological samples, the same in every balance.
    threads : int, optional
        Threads to share members among; results do not depend on it. Default: all cores.
    progress : callable, optional
        Called with (parts done, parts in all); a part is a simulation of all realizations, or the fits of a balance.
    fit : sequence of str, optional
        Balances for which the scale is sought at which nothing is short (量水而行). Default: the last one.
    tolerance : float
        Share of a year's need that may be short in a year without gap [-].
    options : Options, optional
        How thoroughly scales are searched.

    Returns
    -------
    Balances

    Raises
    ------
    ConfigError
        If the study has no balances, a model is wrong, or a measure changes the hydrology.
    UsageError
        If there is no such scenario, balance, or number of realizations.
    InfeasibleError, BalanceError
        As ``Case.run`` has them.
    """
    _refuse(study, scenario_number, realizations, fit)
    every = with_required(tuple(n for balance in study.balances for n in balance.measures), study.measures)
    runs = _Runs(study, scenario_number, realizations, threads, progress, every)
    steps = _steps(study, runs)
    first = steps[0]
    listed = [name for name in steps[-1] if name not in first]
    backwards = [n for n in with_required(tuple(reversed(listed)), study.measures) if n not in first]
    cases = [runs.case(done) for done in steps]  # every model is checked before anything is simulated
    _one_hydrology(study, cases)
    _check_loads(cases)
    wanted = {study.balances[-1].id} if fit is None else set(fit)
    orders = [_prefixes(runs, first, order) for order in (listed, backwards)]
    runs.parts = len({*steps, *orders[0], *orders[1]}) + len(wanted)
    tables = [runs.full(done) for done in steps]
    chosen, notes = _years_at(tables[0])
    layers: list[Layer] = []
    for balance, done, case, table in zip(study.balances, steps, cases, tables, strict=True):
        before = layers[-1].measures if layers else ()
        layer = Layer(
            balance.id, balance.name, tuple(name for name in done if name not in before), done,
            _when(table.need, chosen), _when(table.supply, chosen), _when(table.water, chosen),
            _quantiles(table.gap), _load(case, table),
            fits(case, realizations, tolerance=tolerance, options=options, threads=threads)
            if balance.id in wanted else (),
        )  # fmt: skip
        layers.append(layer)
        if balance.id in wanted:
            runs.tell()
    forth, back = (
        dict(zip(order, _closed(runs, first, sets, chosen), strict=True))
        for order, sets in zip((listed, backwards), orders, strict=True)
    )
    closed = tuple(
        Closed(name, study.measures[name].name, _adds(layers, name), forth[name], back[name])
        for name in listed
    )
    rows = tables[0].rows
    return Balances(
        study.scenarios[scenario_number].id, realizations, chosen, tuple(layers), closed,
        tuple(row.id for row in rows.demands), tuple(row.kind for row in rows.demands),
        tuple(row.zone for row in rows.demands), tuple(origins(rows)),
        _names(cases[0], tables[0]), notes, tolerance,
    )  # fmt: skip


def _refuse(study: Study, number: int, realizations: int, fit: Sequence[str] | None) -> None:
    """Refuse what cannot be worked out."""
    if not study.balances:
        expected = Message(
            "从第一次到最后一次的 'balances' 一节，各列出新增的 'measures' 措施："
            "balances: {first: {}, second: {measures: [saving]}, third: {measures: [transfer]}}",
            "a section 'balances' from first to last, each with the measures of 'measures' that it adds: "
            "balances: {first: {}, second: {measures: [saving]}, third: {measures: [transfer]}}",
        )
        message = Message("情景文件没有 'balances' 一节", "the scenario file has no balances")
        raise ConfigError(Issue(message, "balances", file=str(study.path), expected=expected))
    issues = []
    if not 0 <= number < len(study.scenarios):
        last = len(study.scenarios) - 1
        issues.append(
            Issue(
                Message(f"没有第 {number} 个方案", f"there is no scenario {number}"),
                expected="0" if last < 1 else Message(f"0 至 {last}", f"0 to {last}"),
            )
        )
    available = study.available()
    if realizations < 1 or (available is not None and realizations > available):
        have = (
            Message("1 或更多", "1 or more")
            if available is None
            else "1"
            if available == 1
            else Message(f"1 至 {available}", f"1 to {available}")
        )
        issues.append(
            Issue(
                Message(f"没有 {realizations} 个水文样本", f"there are not {realizations} realizations"),
                expected=have,
            )
        )
    known = [balance.id for balance in study.balances]
    for name in fit or ():
        if name not in known:
            expected = one_of(known)
            issues.append(
                Issue(
                    Message(f"没有名为 {name!r} 的平衡", f"{name!r} is not a balance"),
                    "",
                    expected=expected,
                    nearest=nearest(name, known),
                )
            )
    if issues:
        raise UsageError(issues)


def _steps(study: Study, runs: _Runs) -> list[Done]:
    """Give the measures of each balance, with those of all before it."""
    names: list[str] = []
    found = []
    for balance in study.balances:
        names += balance.measures
        found.append(runs.ordered(names))
    return found


def _one_hydrology(study: Study, cases: Sequence[Case]) -> None:
    """Refuse balances whose measures change the series, what they are drawn from, or the steps."""
    issues = []
    for balance, case in zip(study.balances, cases, strict=True):
        for section in HYDROLOGY:
            if case.loaded.config.get(section) != cases[0].loaded.config.get(section):
                message = Message(
                    f"平衡 {balance.id!r} 改变了 {section!r}，因而不再基于同一水文",
                    f"the balance {balance.id!r} changes {section!r}, so that it is not over the same hydrology",
                )
                expected = Message(
                    f"不改变 {'、'.join(HYDROLOGY)} 的措施；这些由维度改变",
                    f"measures that leave {', '.join(HYDROLOGY)} as they are; an axis changes those",
                )
                issues.append(Issue(message, f"balances.{balance.id}", str(study.path), expected=expected))
    if issues:
        raise ConfigError(issues)


def _check_loads(cases: Sequence[Case]) -> None:
    """Refuse a load state that cannot be told, before anything is simulated."""
    for case in cases:
        if case.model.capacity is not None and case.model.capacity.load is not None:
            load_spec(case)


def _load(case: Case, table: Yearly) -> LoadState | None:
    """Give the load state, where the model says what it is measured by."""
    spec = case.model.capacity
    return None if spec is None or spec.load is None else of_years(case, table)


def _prefixes(runs: _Runs, first: Done, order: Sequence[str]) -> list[Done]:
    """Give the sets of measures that come about as measures are added one by one."""
    return [runs.ordered((*first, *order[: k + 1])) for k in range(len(order))]


def _closed(runs: _Runs, first: Done, sets: Sequence[Done], chosen: Sequence[Year]) -> list[Floats]:
    """Give by how much each further set of measures closes the gap, ndarray (when) each."""
    gaps = [_when(runs.gap(done)[:, :, None], chosen)[:, 0] for done in (first, *sets)]
    return [before - after for before, after in itertools.pairwise(gaps)]


def _adds(layers: Sequence[Layer], name: str) -> str:
    """Name the balance that adds a measure."""
    return next(layer.id for layer in layers if name in layer.added)


def _years_at(table: Yearly) -> tuple[tuple[Year, ...], tuple[Label, ...]]:
    """Choose the years at P by the gap of the first balance; see ``balance_tables.HOW_CHOSEN``."""
    gap, need = table.gap.ravel(), table.need.sum(axis=2).ravel()
    ranked = years_by_gap(gap, need)
    found, notes = [], []
    for probability in PROBABILITIES:
        name = f"p{100.0 * probability:.0f}"
        rank = gap.size - int(misses(gap.size, probability))
        if rank > gap.size:
            least = years_needed(probability)
            percent = f"{100.0 * probability:.0f} %"
            notes.append(
                Label(
                    zh=f"共 {gap.size} 年，不足以给出 P={percent} 的年份（至少需要 {least} 年）",
                    en=f"{gap.size} years are too few for a year at P = {percent}: it takes {least}",
                )
            )
            continue
        realization, position = divmod(int(ranked[rank - 1]), table.year.size)
        found.append(Year(name, probability, realization, int(table.year[position]), position))
    return tuple(found), tuple(notes)


def _when(values: Floats, chosen: Sequence[Year]) -> Floats:
    """Take the mean of all years and the chosen years, ndarray (when, element)."""
    last = len(values) - 1  # one record stands for all where nothing of the layer depends on the sample
    single = [values[min(year.realization, last), year.position] for year in chosen]
    return np.stack([values.mean(axis=(0, 1)), *single])


def _quantiles(gap: Floats) -> Floats:
    """Give the gap that is not exceeded in the share P of years, by rank m / (N + 1) >= P; nan if N is too small."""
    ranked = np.sort(gap, axis=None)
    ranks = [gap.size - int(misses(gap.size, probability)) for probability in PROBABILITIES]
    return np.array([ranked[rank - 1] if rank <= gap.size else math.nan for rank in ranks])


def _names(case: Case, table: Yearly) -> dict[str, Label]:
    """Collect labels of sectors, zones, demands and origins."""
    labels = Labels.from_config(case.loaded.config)
    terms = {row.kind: sector(row.kind) for row in table.rows.demands}
    for row in table.rows.demands:
        terms[row.id] = name_of(row.id, labels.elements)
        terms[row.zone] = labels.zones.get(row.zone, name_of(row.zone, {}))
    terms |= {id: name_of(id, labels.elements) for id in origins(table.rows)}
    return {id: Label(zh=term.zh, en=term.en) for id, term in terms.items()}
