"""Tables for spreadsheets and data frames: CSV and Parquet, tidy or with a column for each series."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.exports.choice import Group, ids_of
from waterbal.exports.dates import bounds
from waterbal.exports.netcdf import station_names

if TYPE_CHECKING:
    import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How text begins that a spreadsheet would run; some take the wide characters of Chinese for the others."""
HEADING, HEADING_ZH = "step_start", "时段首日"
"""First heading of wide tables."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a tidy table."""

    name: str
    values: np.ndarray
    """ndarray (row)."""
    attributes: Mapping[str, Any]
    """Those of the variable; empty for names and dates."""

    @property
    def heading(self) -> str:
        """Name with its unit, harmless to spreadsheets."""
        units = self.attributes.get("units")
        told = f"{self.name} [{units}]" if units and units != "1" else self.name
        return _safe(told)


def tidy(group: Group) -> list[Column]:
    """Give a row for each scenario, realization, element and step, a column for each variable.

    Parameters
    ----------
    group : Group
        Variables of the same dimensions.
    """
    dims = (*group.leading, *group.elements, *([group.axis] if group.axis else []))
    sizes = [group.data.sizes[dim] for dim in dims]
    columns: list[Column] = []

    def add(name: str, along: str, values: np.ndarray) -> None:
        shape = [sizes[dims.index(along)] if dim == along else 1 for dim in dims]
        columns.append(Column(name, np.broadcast_to(values.reshape(shape), sizes).ravel(), {}))

    for dim in dims:
        if dim == "time":
            start, end = bounds(group.data)
            add("step_start", dim, start)
            add("step_end", dim, end)
        elif dim in ("realization", "year"):
            add(dim, dim, group.data[dim].values)
        else:
            add(dim, dim, np.array(ids_of(group.data, dim)))
            for name, values in _further(group, dim):
                add(name, dim, values)
    for name in group.variables:
        variable = group.data[name]
        columns.append(Column(name, variable.values.ravel(), variable.attrs))
    return columns


def _further(group: Group, dim: str) -> Iterator[tuple[str, np.ndarray]]:
    """Give the names and other properties of elements, and the axes of scenarios."""
    for key, coordinate in group.data.coords.items():
        name = str(key)
        if coordinate.dims == (dim,) and name not in (dim, f"{dim}_id"):
            yield name, coordinate.values


def wide(groups: Sequence[Group], language: str = "") -> list[Column]:
    """Give a row for each step, a column for each series.

    Parameters
    ----------
    groups : sequence of Group
        Series of the same steps.
    language : str
        ``zh`` or ``en`` for names as headings; empty for ids, ``variable.element``.

    Returns
    -------
    list of Column
        Start of the steps first.
    """
    start, _ = bounds(groups[0].data)
    columns = [Column(HEADING_ZH if language == "zh" else HEADING, start, {})]
    for group in groups:
        stations = _apart((station_names(group, language) if language else None), group.stations())
        members = list(itertools.product(*(ids_of(group.data, dim) for dim in group.leading)))
        for name in group.variables:
            variable = group.data[name]
            label = str(variable.attrs.get(f"long_name{'_zh' if language == 'zh' else ''}", name))
            values = variable.values.reshape(len(members), len(stations), -1)
            for number, member in enumerate(members):
                told = _member(group, member)
                for place, station in enumerate(stations):
                    words = [label if language else name, station, *told]
                    joined = " ".join(words) if language else ".".join(words)
                    columns.append(Column(joined, values[number, place], variable.attrs))
    return columns


def _apart(names: Sequence[str] | None, ids: Sequence[str]) -> Sequence[str]:
    """Return names, with the id behind those that several elements have; ids where there are no names."""
    if names is None:
        return ids
    several = {name for name, count in Counter(names).items() if count > 1}
    return [f"{name} ({id})" if name in several else name for name, id in zip(names, ids, strict=True)]


def _member(group: Group, member: Sequence[str]) -> list[str]:
    """Name a member, as far as there are others."""
    return [
        f"r{one}" if dim == "realization" else one
        for dim, one in zip(group.leading, member, strict=True)
        if group.data.sizes[dim] > 1
    ]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _harmless(values: np.ndarray) -> np.ndarray:
    """Keep a spreadsheet from running text as a formula."""
    if values.dtype.kind != "U":
        return values
    return np.array([_safe(text) for text in values.tolist()])


def heading(columns: Sequence[Column]) -> str:
    """Give the first line of a CSV file."""
    import pandas as pd

    return pd.DataFrame(columns=[column.heading for column in columns]).to_csv(index=False).rstrip("\r\n")


def write_csv(columns: Sequence[Column], path: Path, *, bom: bool) -> None:
    """Write a table as CSV: numbers as they are, missing ones empty.

    Parameters
    ----------
    columns : sequence of Column
        Equal lengths.
    path : Path
        File to be written.
    bom : bool
        Whether it begins with the mark by which Excel knows UTF-8.
    """
    frame = _frame(columns)
    frame.to_csv(path, index=False, encoding="utf-8-sig" if bom else "utf-8", lineterminator="\n")


def _frame(columns: Sequence[Column]) -> pd.DataFrame:
    import pandas as pd

    made = {}
    for place, column in enumerate(columns):
        values = column.values
        if values.dtype.kind == "M":
            values = values.astype("datetime64[D]").astype(str)
        made[place] = _harmless(values)
    frame = pd.DataFrame(made)
    frame.columns = pd.Index([column.heading for column in columns])
    return frame


def write_parquet(columns: Sequence[Column], attributes: Mapping[str, str], path: Path) -> None:
    """Write a table as Parquet; units and meaning are metadata of its columns.

    Parameters
    ----------
    columns : sequence of Column
        Equal lengths.
    attributes : mapping
        Metadata of the file.
    path : Path
        File to be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields, arrays = [], []
    for column in columns:
        values = column.values
        if values.dtype.kind == "M":
            array = pa.array(values.astype("datetime64[D]"), type=pa.date32())
        elif values.dtype.kind == "U":
            array = pa.array(values.astype(object), type=pa.string()).dictionary_encode()
        else:
            array = pa.array(values, from_pandas=True)
        told = {key: str(value) for key, value in column.attributes.items()}
        fields.append(pa.field(column.name, array.type, metadata=told))
        arrays.append(array)
    schema = pa.schema(fields, metadata=dict(attributes))
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
