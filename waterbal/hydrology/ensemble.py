"""The hydrology of a run: what is the same in every realization, and what each realization draws.

A realization depends on the hydrology, its seed and its own number only. Whatever else is drawn, in whatever
order and process, realization k is the same; so scenarios of one hydrology meet the same rivers and rain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from waterbal.errors import ConfigError, DataError, Issue, Message
from waterbal.hydrology import typical_notes
from waterbal.hydrology.columns import read_column
from waterbal.hydrology.dry import DryRun
from waterbal.hydrology.gaps import Filled
from waterbal.hydrology.lognormal import generate
from waterbal.hydrology.series import read_all, read_series
from waterbal.hydrology.tables import content_hash
from waterbal.model.assumptions import numbers
from waterbal.model.hydrology import AnyHydrology, TypicalYears
from waterbal.model.root import Model
from waterbal.model.rows import Floats, TimeAxis
from waterbal.model.series_spec import FileSeries, LognormalSeries
from waterbal.model.timeline import Step, Time

REFERENCE_YEARS = 1000
"""Years of drawn series whose mean stands for the mean of the record."""
PLANNING_YEARS = 200
"""Years of drawn series that stand for what a planner knows of the river."""

Labels = dict[str, np.ndarray[Any, Any]]


class Sampler(Protocol):
    """Draws the sites of a hydrology."""

    def __hash__(self) -> int: ...

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites."""

    @property
    def size(self) -> int | None:
        """Number of realizations there are; None if any number."""

    @property
    def dry(self) -> DryRun | None:
        """Dry years that are put into every realization."""

    def draw_many(self, first: int, last: int) -> Floats:
        """Give the series of some realizations; ndarray (realization, time, site)."""

    def planning(self) -> Floats:
        """Give samples that tell nothing about a realization; ndarray (sample, time, site)."""

    def reference(self) -> Floats:
        """Give samples whose mean is that of the record; ndarray (sample, time, site)."""

    def labels(self, realizations: int) -> Labels:
        """Describe realizations; name -> ndarray (realization)."""


@dataclass(frozen=True, eq=False)
class AsObserved:
    """The record on the steps of the run."""

    sites: tuple[str, ...]
    values: Floats
    """ndarray (time, site)."""
    dry: DryRun | None = None
    size: int = 1

    def draw_many(self, first: int, last: int) -> Floats:
        """Give the record; ndarray (realization, time, site)."""
        return np.repeat(self.values[None], last - first, axis=0)

    def planning(self) -> Floats:
        """Give the record as one sample; ndarray (1, time, site)."""
        return self.values[None]

    def reference(self) -> Floats:
        """Give the same."""
        return self.values[None]

    def labels(self, realizations: int) -> Labels:
        """Describe realizations; there is nothing to say."""
        return {}


@dataclass(frozen=True)
class Ensemble:
    """All realizations of a model's series."""

    axis: TimeAxis
    """Steps of the run."""
    size: int | None
    """Number of realizations there are: 1 if all is as observed, None if any number can be drawn."""
    fixed: Mapping[str, Floats]
    """Series that are the same in every realization, ndarray (time)."""
    sampler: Sampler | None
    """What draws the sites that are not fixed."""
    drawn: Mapping[str, LognormalSeries]
    """Series that are no sites and are drawn by month."""
    delta: Mapping[str, Floats]
    """Site -> ndarray (time) [-], factors of climate change."""
    filled: Mapping[str, tuple[Filled, ...]]
    """Series from a file -> gaps of it that were filled."""
    same: tuple[str, ...] = ()
    """Series from files that elements use and that are no sites, where the sites are drawn."""
    one_draw: bool = False
    """Whether series that are drawn by month are the same in every realization: typical years differ by nothing else
    than their year (common random numbers)."""

    def draw(self, realization: int) -> dict[str, Floats]:
        """Draw the series that are not fixed.

        Parameters
        ----------
        realization : int
            Its number, from 0.

        Returns
        -------
        dict
            Name -> ndarray (time), units as in ``hydrology.series.read_series``.

        Raises
        ------
        DataError
            If there is no such realization.
        """
        many = self.draw_many(realization, realization + 1)
        return {name: values[0] for name, values in many.items()}

    def draw_many(self, first: int, last: int) -> dict[str, Floats]:
        """Draw realizations ``first`` to ``last - 1``; each is what ``draw`` gives for it, to the bit.

        Returns
        -------
        dict
            Name -> ndarray (realization, time).
        """
        if not 0 <= first < last or (self.size is not None and last > self.size):
            have = (
                Message("0 或更大的任意编号", "any number from 0")
                if self.size is None
                else Message(f"0 至 {self.size - 1}", f"0 to {self.size - 1}")
            )
            message = Message(
                f"没有第 {first} 至 {last - 1} 个水文样本", f"there are no realizations {first} to {last - 1}"
            )
            raise DataError(Issue(message, "hydrology", expected=have))
        series = {} if self._as_observed else self._sites(first, last)
        for name, spec in self.drawn.items():
            numbers = [0] * (last - first) if self.one_draw else range(first, last)
            series[name] = np.stack([generate(spec, self.axis, k) for k in numbers])
        return series

    def planning(self) -> dict[str, Floats]:
        """Give what a planner knows: samples of the sites and the drawn series, apart from any realization.

        Factors of climate change are in them, dry years that are put into the run are not.

        Returns
        -------
        dict
            Name -> ndarray (sample, time). As many samples as make about 200 years where series are drawn, the
            record where they are not.
        """
        if self.sampler is None:
            return {name: generate(spec, self.axis)[None] for name, spec in self.drawn.items()}
        samples = _planned(self.sampler)
        series = _named(self.sampler.sites, samples, self.delta)
        for name, spec in self.drawn.items():
            series[name] = np.stack(
                [generate(spec, self.axis, sample, stream=1) for sample in range(samples.shape[0])]
                if samples.shape[0] > 1
                else [generate(spec, self.axis)]
            )
        return series

    def reference(self) -> dict[str, Floats]:
        """Give samples in the climate of the record, whose mean is that of the record.

        Returns
        -------
        dict
            Name of a site -> ndarray (sample, time). As many samples as make about 1000 years where series are
            drawn.
        """
        return {} if self.sampler is None else _named(self.sampler.sites, _referred(self.sampler), {})

    def labels(self, realizations: int) -> Labels:
        """Describe realizations, e.g. by the year of the record that they begin with.

        Parameters
        ----------
        realizations : int
            How many, from 0.

        Returns
        -------
        dict
            Name -> ndarray (realization).
        """
        return {} if self.sampler is None else self.sampler.labels(realizations)

    @property
    def notes(self) -> tuple[Message, ...]:
        """What must not be missed: how years are made or put in, and weather that does not go with what is drawn."""
        typical = getattr(self.sampler, "notes", ())
        common = (typical_notes.one_draw([*self.drawn]),) if self.one_draw and self.drawn else ()
        dry = () if self.sampler is None or self.sampler.dry is None else (self.sampler.dry.note,)
        return (*typical, *common, *dry, *self._lost(), *self._same())

    def _lost(self) -> tuple[Message, ...]:
        """Point to the statistics that the generator does not keep, which are many."""
        count = len(self.not_kept)
        if not count:
            return ()
        what = "statistic is" if count == 1 else "statistics are"
        return (
            Message(
                f"生成模型有 {count} 组统计量未能保持：见 waterbal check，与实测的比较见 waterbal hydrology check",
                f"{count} {what} not kept by the generator: waterbal check names them, waterbal hydrology check "
                "holds the series against the record",
            ),
        )

    def _same(self) -> tuple[Message, ...]:
        """Name what is the same in every realization although the sites are drawn."""
        if not self.same:
            return ()
        one = len(self.same) == 1
        subject = f"series {', '.join(self.same)} {'is no site: it is' if one else 'are no sites: they are'}"
        return (
            Message(
                f"系列 {'、'.join(self.same)} 不是站点：各水文样本中都相同",
                f"{subject} the same in every realization",
            ),
        )

    @property
    def not_kept(self) -> tuple[Message, ...]:
        """Statistics that the generator does not keep."""
        return getattr(self.sampler, "not_kept", ())

    @property
    def left_out(self) -> tuple[Message, ...]:
        """Years or months of the record that are not used because of gaps."""
        return getattr(self.sampler, "left_out", ())

    @property
    def _as_observed(self) -> bool:
        """Tell whether the sites are fixed."""
        return self.sampler is None or self.sampler.sites[0] in self.fixed

    def _sites(self, first: int, last: int) -> dict[str, Floats]:
        """Draw the sites, with dry years and climate change; name -> ndarray (realization, time)."""
        assert self.sampler is not None
        values = _draws(self.sampler, first, last)
        if self.sampler.dry is not None:
            values = values.copy()
            values[:, self.sampler.dry.steps] = self.sampler.dry.values
        return _named(self.sampler.sites, values, self.delta)


@lru_cache(maxsize=2)
def _draws(sampler: Sampler, first: int, last: int) -> Floats:
    """Draw realizations once for scenarios that follow each other; nobody may change them."""
    return sampler.draw_many(first, last)


@lru_cache(maxsize=8)
def _referred(sampler: Sampler) -> Floats:
    """Draw the samples that means refer to once; nobody may change them."""
    return sampler.reference()


@lru_cache(maxsize=8)
def _planned(sampler: Sampler) -> Floats:
    """Draw the planner's samples once; nobody may change them."""
    return sampler.planning()


def _named(sites: tuple[str, ...], values: Floats, delta: Mapping[str, Floats]) -> dict[str, Floats]:
    """Split an array by site and multiply by the factors; (..., time, site) -> name -> (..., time)."""
    return {
        name: np.ascontiguousarray(values[..., index]) * delta.get(name, 1.0)
        for index, name in enumerate(sites)
    }


def ensemble(model: Model, base_dir: str | Path) -> Ensemble:
    """Prepare the series of a model.

    Parameters
    ----------
    model : Model
        Validated and checked.
    base_dir : str or Path
        Directory that the files of series are relative to.

    Returns
    -------
    Ensemble
        Equal models share what was read and fitted before.

    Raises
    ------
    DataError
        With every problem of the series.
    """
    spec = model.hydrology
    sites = () if spec is None else tuple(spec.sites)
    axis = model.time.axis()
    base = Path(base_dir)
    others = {name: series for name, series in model.series.items() if name not in sites}
    files = {name: series for name, series in others.items() if isinstance(series, FileSeries)}
    drawn = {name: series for name, series in others.items() if isinstance(series, LognormalSeries)}
    issues: list[Issue] = []
    fixed: dict[str, Floats] = {}
    sampler = None
    try:
        fixed = _files(files, base, model.time)
        for series in drawn.values():
            generate(series, axis)
    except DataError as error:
        issues += error.issues
    try:
        sampler = None if spec is None else _sampler(model, spec, base, axis)
    except DataError as error:
        issues += error.issues
    except ConfigError as error:
        if not issues:
            raise
        issues += error.issues
    if issues:
        raise DataError(issues)
    delta = {} if spec is None else {name: factor.at(axis) for name, factor in spec.delta.items()}
    size = 1 if sampler is None else sampler.size
    filled = _filled({name: model.series[name] for name in (*files, *sites)}, base)
    filled |= {name: _inside(filled[name], model.time) for name in files if name in filled}
    filled = {name: gaps for name, gaps in filled.items() if gaps}
    same = () if sampler is None or isinstance(sampler, AsObserved) else _used(model, files)
    if drawn and isinstance(sampler, AsObserved | None):  # only what is drawn tells realizations apart
        size = None
    one_draw = isinstance(spec, TypicalYears)
    made = Ensemble(axis, size, fixed, sampler, drawn, delta, filled, same, one_draw)
    if isinstance(sampler, AsObserved):
        fixed |= {name: values[0] for name, values in made._sites(0, 1).items()}
    return made


def _used(model: Model, series: Iterable[str]) -> tuple[str, ...]:
    """Give those of some series that an element of the model uses."""
    used = {number.series for _, number in numbers(model) if number.series}
    return tuple(name for name in series if name in used)


def _files(series: Mapping[str, FileSeries], base: Path, time: Time) -> dict[str, Floats]:
    """Read series from files, each once for the same content."""
    key = (time.start, time.end, time.step)
    try:
        return {
            name: _file(spec.model_dump_json(), _stamp(spec, base), key).copy()
            for name, spec in series.items()
        }
    except DataError:
        return read_all(series, base, time.axis())


@lru_cache(maxsize=256)
def _file(spec: str, stamp: tuple[str, str], time: tuple[str, str, Step]) -> Floats:
    """Read a series; ``stamp`` tells versions of the file apart."""
    start, end, step = time
    series = FileSeries.model_validate_json(spec).model_copy(update={"file": stamp[0]})
    return read_series(series, "", Time(start=start, end=end, step=step).axis())


def _stamp(spec: FileSeries, base: Path) -> tuple[str, str]:
    """Give what tells versions of a file apart: path and hash; time and size may stay when it changes."""
    path = base / spec.file
    return str(path), content_hash(path)


def _filled(series: Mapping[str, FileSeries | LognormalSeries], base: Path) -> dict[str, tuple[Filled, ...]]:
    """Give the gaps of files that are filled."""
    asked = {
        name: spec
        for name, spec in series.items()
        if isinstance(spec, FileSeries) and spec.gaps != "refuse" and (base / spec.file).is_file()
    }
    return {name: _gaps(spec.model_dump_json(), _stamp(spec, base)) for name, spec in asked.items()}


def _inside(gaps: tuple[Filled, ...], time: Time) -> tuple[Filled, ...]:
    """Keep the gaps that reach into the run."""
    return tuple(gap for gap in gaps if gap.last[:7] >= time.start and gap.first[:7] <= time.end)


@lru_cache(maxsize=256)
def _gaps(spec: str, stamp: tuple[str, str]) -> tuple[Filled, ...]:
    """Give the gaps of one file that are filled."""
    return read_column(FileSeries.model_validate_json(spec), Path(stamp[0])).filled


def _sampler(model: Model, spec: AnyHydrology, base_dir: Path, axis: TimeAxis) -> Sampler:
    """Make what draws the sites, or give the one made before for the same content."""
    content = {
        "hydrology": spec.model_dump(mode="json", exclude={"delta", "note", "provenance"}),
        "series": {name: model.series[name].model_dump(mode="json") for name in spec.sites},
        "time": [model.time.start, model.time.end, model.time.step],
        "files": [
            _stamp(series, base_dir)
            for series in (model.series[name] for name in spec.sites)
            if isinstance(series, FileSeries)
        ],
    }
    if isinstance(spec, TypicalYears):
        content["unscaled"] = list(typical_notes.left_as_they_were(model, spec))
        content["air"] = list(typical_notes.demands_of_the_air(model))
    return _cached(_Request(json.dumps(content, sort_keys=True), model, spec, base_dir, axis))


class _Request:
    """What is needed to make a sampler; equal where the content is."""

    def __init__(self, key: str, model: Model, spec: AnyHydrology, base_dir: Path, axis: TimeAxis) -> None:
        self.key, self.model, self.spec, self.base_dir, self.axis = key, model, spec, base_dir, axis

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Request) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=16)
def _cached(request: _Request) -> Sampler:
    """Make a sampler once for each content."""
    from waterbal.hydrology import samplers

    return samplers.make(request.model, request.spec, request.base_dir, request.axis)
