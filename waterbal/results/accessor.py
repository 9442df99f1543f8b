"""``ds.waterbal``: what a result is, its tables and figures, and its scenarios by the values of their axes.

Scenarios are found by these values, and unfolded into one dimension for each axis.

Importing this module registers the accessor with xarray; opening or making a result does so too, and so does
``import waterbal.xarray``. What the axes are stands in the attributes of their coordinates, so it survives files,
selections and arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import xarray as xr

from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.results import accessor_tables, accessor_text
from waterbal.results.named import named

if TYPE_CHECKING:
    import pandas as pd

    from waterbal.report.plots import Plots
    from waterbal.results.netcdf import StoredRun

T = TypeVar("T", xr.Dataset, xr.DataArray)

POSITION = "scenario_axis"
"""Attribute of the coordinate of an axis: its place among the axes, from 0."""
VALUES = "scenario_axis_values"
"""Attribute of the coordinate of an axis: JSON list of its values in order, each with its Chinese and English
label."""
SCENARIO = "scenario"


class Axes(Generic[T]):
    """What the accessor does, for datasets and arrays alike."""

    def __init__(self, content: T) -> None:
        texts = {str(name): c for name, c in content.coords.items() if c.dtype.kind == "S"}
        decoded = {name: (c.dims, np.char.decode(c.values, "utf-8"), c.attrs) for name, c in texts.items()}
        self._content: T = content.assign_coords(decoded) if decoded else content

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Values of every axis that the scenarios have, in order."""
        found: dict[str, list[Any]] = {}
        for name, coordinate in _axes(self._content).items():
            present = set(coordinate.values.ravel().tolist())
            listed = [value for value, *_ in json.loads(str(coordinate.attrs.get(VALUES, "[]")))]
            found[name] = [value for value in listed if value in present] or sorted(present)
        return found

    def labels(self, axis: str, language: str = "en") -> list[str]:
        """Give the labels of the values of an axis, in the order of ``axes``, or of the elements of a dimension.

        Parameters
        ----------
        axis : str
            Axis, or element dimension such as ``demand``.
        language : str
            ``zh`` or ``en``.
        """
        values = self.axes.get(axis)
        if values is None and f"{axis}_name_{language}" in self._content.coords:
            return [str(name) for name in self._content[f"{axis}_name_{language}"].values.tolist()]
        if values is None:
            raise UsageError(_unknown(axis, [*self.axes, *_elements(self._content)]))
        listed = json.loads(str(_axes(self._content)[axis].attrs.get(VALUES, "[]")))
        names = {value: (zh if language == "zh" else en) for value, zh, en in listed}
        return [names.get(value, str(value)) for value in values]

    def sel(self, **wanted: Any) -> T:
        """Choose scenarios by the values of their axes, and elements by their ids.

        Parameters
        ----------
        **wanted
            Axis or element dimension -> value, or several in a list. ``horizon=2035, works="taiping"`` keeps the
            scenarios that have both; the dimension ``scenario`` stays. ``demand="households"`` chooses by id.

        Raises
        ------
        UsageError
            With every name and value that is unknown.
        """
        axes: dict[str, list[Any]] = self.axes
        problems: list[Issue] = []
        content: T = self._content
        for name, value in wanted.items():
            many = isinstance(value, list | tuple | set | np.ndarray)
            values = list(value) if many else [value]
            ids = f"{name}_id"
            if name in axes and SCENARIO in content[name].dims:
                problems += _missing(name, values, axes[name])
                content = content.isel({SCENARIO: np.flatnonzero(np.isin(content[name].values, values))})
            elif name in content.coords and content[name].dims == (name,):
                problems += _missing(name, values, content[name].values.tolist())
                if not problems:
                    content = content.sel({name: values if many else value})
            elif ids in content.coords and content[ids].dims == (name,):
                known = content[ids].values.tolist()
                problems += _missing(name, values, known)
                places = [known.index(one) for one in values if one in known]
                content = content.isel({name: places if many or not places else places[0]})
            else:
                problems.append(_unknown(name, [*axes, *_elements(content)]))
        if problems:
            raise UsageError(problems)
        if SCENARIO in content.dims and content.sizes[SCENARIO] == 0:
            told = ", ".join(f"{name}={value}" for name, value in wanted.items())
            raise UsageError(
                Issue(
                    Message(f"没有 {told} 的情景", f"no scenario has {told}"),
                    expected=Message("未被排除的情景", "scenarios that were not excluded"),
                )
            )
        return content

    def grid(self) -> T:
        """Unfold the scenarios into one dimension for each axis.

        Returns
        -------
        Dataset or DataArray (axis, ..., realization, element, time)
            ``scenario`` is replaced by the axes, so that ``.sel(horizon=2035, works="taiping")`` works, and
            elements are indexed by their ids, so that ``.sel(demand="homes")`` does. Where the product has no
            scenario, numbers are NaN and texts empty.

        Raises
        ------
        UsageError
            If there are no axes, or two scenarios have the same values.
        """
        content = self._content
        axes: dict[str, list[Any]] = self.axes
        if SCENARIO not in content.dims or not axes:
            raise UsageError(
                Message(
                    "没有可以展开的情景维度；批量计算（sweep）的成果才有",
                    "there are no scenario axes to unfold; results of a sweep have them",
                )
            )
        coordinates = {name: content[name] for name in axes}
        codes = [
            np.array([values.index(value) for value in coordinates[name].values.tolist()], dtype=np.intp)
            for name, values in axes.items()
        ]
        shape = tuple(len(values) for values in axes.values())
        place = np.full(shape, -1, dtype=np.intp)
        place[tuple(codes)] = np.arange(content.sizes[SCENARIO])
        there = place >= 0
        if int(there.sum()) < content.sizes[SCENARIO]:
            raise UsageError(
                Message(
                    "有两个情景在各维度上的取值完全相同", "two scenarios have the same values of all axes"
                )
            )
        names: tuple[str, ...] = tuple(axes)
        folded = content.drop_vars([*names, SCENARIO], errors="ignore")
        unfolded = folded.isel({SCENARIO: xr.Variable(names, np.where(there, place, 0))})
        if not there.all():
            unfolded = _where(unfolded, xr.DataArray(there, dims=names))
        unfolded = _alone(unfolded, names)
        return named(unfolded).assign_coords(
            {
                name: xr.Variable((name,), np.array(values), coordinates[name].attrs)
                for name, values in axes.items()
            }
        )

    def named(self, language: str = "") -> T:
        """Index scenarios and elements by what they are called, so that tables and ``sel`` have no bare numbers.

        Parameters
        ----------
        language : str
            ``zh`` or ``en`` for names; ids if empty.

        Returns
        -------
        Dataset or DataArray
            As it was, with a dimension such as ``direction`` indexed; ``save`` takes that back.

        Raises
        ------
        UsageError
            If there is no such language.
        """
        if language not in ("", "zh", "en"):
            raise UsageError(
                Issue(
                    Message(f"没有语言 {language!r}", f"there is no language {language!r}"),
                    expected=one_of(["zh", "en"]),
                )
            )
        return named(self._content, language)


@xr.register_dataset_accessor("waterbal")  # type: ignore[no-untyped-call]
class DatasetAxes(Axes[xr.Dataset]):
    """What a result is, its scenarios, tables and figures.

    Opened by ``waterbal.open_result(path)``, or by xarray after ``import waterbal.xarray``.
    """

    def __repr__(self) -> str:
        """Say what the result is in a few lines."""
        return accessor_text.text(self._content)

    def _repr_html_(self) -> str:
        """Say the same in a notebook."""
        return accessor_text.table(self._content)

    def balance(
        self, by: Sequence[str] = ("zone", "sector"), year: int | None = None, language: str = ""
    ) -> pd.DataFrame:
        """Return need, supply and shortage as a tidy data frame.

        Parameters
        ----------
        by : sequence of str
            Any of ``zone``, ``sector``, ``demand`` and, in sweeps, ``realization``; empty for the whole district.
        year : int, optional
            One calendar year; None: the mean of the complete years, in sweeps that keep metrics of the record.
        language : str
            ``zh`` or ``en`` for names; empty for ids.

        Returns
        -------
        DataFrame
            In sweeps ``scenario`` and a column for each of its axes; the columns of ``by``; ``need``, ``supply``,
            ``shortage`` [1e4 m3/yr], ``shortage_share`` [-]. Members that did not end well are left out.

        Raises
        ------
        UsageError
            If the result is no run and no sweep, has no such year, or cannot be told by that.
        """
        return accessor_tables.balance(self._content, by, year, language)

    def guarantee(self, group: str = "sector") -> xr.DataArray:
        """Return annual guarantee rates over the years of all records together, m / (n + 1).

        Parameters
        ----------
        group : str
            ``demand``, ``sector``, ``zone`` or ``district``.

        Returns
        -------
        DataArray (scenario, group) [-]
            Of a record that ended well every year with need counts; NaN without need.

        Raises
        ------
        UsageError
            If the result is no run and no sweep.
        """
        return accessor_tables.guarantee(self._content, group)

    def budget(self, year: int | None = None, language: str = "") -> pd.DataFrame:
        """Return the budget of the district: what enters, every fate, and what stores and aquifers gain.

        Parameters
        ----------
        year : int, optional
            One calendar year; None: the mean of the complete years.
        language : str
            ``zh`` or ``en`` for names; empty for ids.

        Returns
        -------
        DataFrame
            ``term``, ``side`` (``in``, ``out``, ``storage``) and ``volume`` [1e4 m3/yr]; in sweeps for each scenario.

        Raises
        ------
        UsageError
            If the result keeps neither series nor sums by year, or has no such year.
        """
        return accessor_tables.budget(self._content, year, language)

    def shortages(self, by: str = "demand", language: str = "") -> pd.DataFrame:
        """List every failure event: steps in a row in which what is needed is not supplied.

        Parameters
        ----------
        by : str
            ``demand``, ``zone`` or ``sector``.
        language : str
            ``zh`` or ``en`` for names; empty for ids.

        Returns
        -------
        DataFrame
            An event a line: who, ``first`` and ``last`` day, failing ``steps``, ``shortage`` [1e4 m3],
            ``shortage_share`` of what its failing steps need and ``largest_share`` of a step [-]. Steps without need
            do not end an event.

        Raises
        ------
        UsageError
            If the result keeps no series.
        """
        return accessor_tables.shortages(self._content, by, language)

    @property
    def config(self) -> dict[str, Any]:
        """Resolved configuration: everything the model says, overrides applied, every number with its source."""
        if "waterbal_config" not in self._content.attrs:
            raise UsageError(
                Issue(
                    Message("这里没有配置", "there is no configuration here"),
                    expected=Message("waterbal 的完整成果", "a whole result of waterbal"),
                )
            )
        config: dict[str, Any] = json.loads(str(self._content.attrs["waterbal_config"]))
        return config

    @property
    def assumed(self) -> list[str]:
        """Model paths of the inputs that no source names."""
        return accessor_text.assumed(self._content)

    def rebuild(self) -> StoredRun:
        """Return what a run was made from; ``waterbal run --from FILE`` makes it again, bit by bit.

        Returns
        -------
        StoredRun
            Configuration, input series, realization and overrides.

        Raises
        ------
        UsageError
            If the result is no run, or was not read from a file.
        DataError
            If the configuration was altered.
        """
        from waterbal.results.netcdf import rebuild

        path = self._content.encoding.get("source")
        if accessor_text.kind(self._content) != "run" or not path:
            expected = Message(
                "`waterbal run` 的成果，且从其文件打开", "a result of `waterbal run`, opened from its file"
            )
            raise UsageError(
                Issue(Message("这不是由单次模拟得到的", "this is made of no single run"), expected=expected)
            )
        return rebuild(str(path))

    def save(self, path: str | Path) -> None:
        """Write the result so that ``waterbal.open_result`` and all commands take it for one.

        A selection is written as a part, which ``open_result(path, partial=True)`` opens with a warning.
        What was changed, such as by arithmetic, is refused: save that with ``to_netcdf``, as data of your own.

        Parameters
        ----------
        path : str or Path
            NetCDF file to write.

        Raises
        ------
        UsageError
            If the result was not read from a file.
        DataError
            If values or their meanings were changed, or the file cannot be written.
        """
        from waterbal.results.named import numbered
        from waterbal.results.netcdf import save

        save(numbered(self._content), path)

    @property
    def plot(self) -> Plots:
        """Figures: ``ds.waterbal.plot.sankey()``."""
        from waterbal.report.plots import Plots

        return Plots(self._content)


@xr.register_dataarray_accessor("waterbal")  # type: ignore[no-untyped-call]
class ArrayAxes(Axes[xr.DataArray]):
    """Scenarios of an array."""


def _axes(content: xr.Dataset | xr.DataArray) -> dict[str, xr.DataArray]:
    """Give the coordinates that are axes, in their order."""
    found = [
        (int(c.attrs[POSITION]), str(name), c) for name, c in content.coords.items() if POSITION in c.attrs
    ]
    return {name: coordinate for _, name, coordinate in sorted(found, key=lambda entry: entry[0])}


def _elements(content: xr.Dataset | xr.DataArray) -> list[str]:
    """Name the dimensions whose elements have ids."""
    return [str(name).removesuffix("_id") for name in content.coords if str(name).endswith("_id")]


def _where(content: T, there: xr.DataArray) -> T:
    """Put NaN, or no text, where there is no scenario."""

    def masked(array: xr.DataArray) -> xr.DataArray:
        if not set(there.dims) <= set(array.dims):
            return array
        kept = array.where(there, "") if array.dtype.kind in "US" else array.where(there)
        return kept.transpose(*array.dims).assign_attrs(array.attrs)

    if isinstance(content, xr.DataArray):
        result = masked(content)
    else:
        result = content.assign({name: masked(content[name]) for name in content.data_vars})
    return result.assign_coords({name: masked(content[name]) for name in content.coords})


def _alone(content: T, names: Sequence[str]) -> T:
    """Give sampled values, which depend on the sample alone, that dimension alone."""
    if "sample" not in names:
        return content
    others = [name for name in names if name != "sample"]
    reduced: dict[Hashable, Any] = {}
    for name, coordinate in content.coords.items():
        if set(coordinate.dims) == set(names) and coordinate.dtype.kind == "f":
            values = coordinate.transpose("sample", *others).values.reshape(content.sizes["sample"], -1)
            known = [row[~np.isnan(row)] for row in values]
            if all(len(set(row.tolist())) <= 1 for row in known):
                one = np.array([row[0] if len(row) else np.nan for row in known])
                reduced[name] = xr.Variable(("sample",), one, coordinate.attrs)
    return content.drop_vars(list(reduced)).assign_coords(reduced)


def _missing(name: str, values: Sequence[Any], known: Sequence[Any]) -> list[Issue]:
    """Report values that are not there."""
    return [
        Issue(
            Message(f"{name} 没有取值 {value!r}", f"{name} has no value {value!r}"),
            expected=one_of([*known[:12], *(["..."] if len(known) > 12 else [])]),
            nearest=nearest(value, known),
        )
        for value in values
        if value not in known
    ]


def _unknown(name: str, known: Any) -> Issue:
    names = [str(own) for own in known]
    return Issue(
        Message(f"没有名为 {name!r} 的维度或对象", f"there is no axis or element {name!r}"),
        expected=one_of(names),
        nearest=nearest(name, names),
    )
