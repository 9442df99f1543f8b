"""Reading the columns of a data file, each cell with the line it stands in."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from waterbal.errors import DataError, Issue, Message, nearest, one_of
from waterbal.model.text_file import TABLES, decode, read_bytes

MAX_BYTES = 500_000_000
"""Largest data file that is read [byte]."""
_EXCEL = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}
_NETCDF = {".nc", ".nc4", ".cdf"}
_PARQUET = {".parquet", ".pq"}


@dataclass(frozen=True)
class Table:
    """The cells of a data file."""

    file: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    """Cells by row, in the order of ``columns``: text (CSV) or values (other formats)."""
    lines: Sequence[int]
    """Line (CSV) or row (Excel) of each row, from 1; 0 where a format has none."""
    units: dict[str, str]
    """Column -> units that the file itself states."""

    def column(self, name: str) -> list[Any]:
        """Give the cells of a column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def read_table(path: Path, sheet: str = "", variable: str = "") -> Table:
    """Read a data file by its suffix.

    Parameters
    ----------
    path : Path
        CSV (any suffix that is not listed below), Excel, NetCDF or Parquet file.
    sheet : str
        Sheet of an Excel file; the first if empty.
    variable : str
        Variable of a NetCDF file.

    Raises
    ------
    DataError
        If the file cannot be read as what it claims to be.
    """
    try:
        path.stat()
    except (OSError, ValueError):
        near = nearest(path.name, _siblings(path))
        raise DataError(
            Issue(Message("没有这个文件", "there is no such file"), file=str(path), nearest=near)
        ) from None
    return _read(path, sheet, variable if path.suffix.lower() in _NETCDF else "", content_hash(path))


def content_hash(path: Path) -> str:
    """Give a hash of a file, which tells its versions apart; nothing if it is no file that can be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def _siblings(path: Path) -> list[str]:
    """Give the names of the files beside a path."""
    try:
        return [other.name for other in path.parent.iterdir()]
    except (OSError, ValueError):
        return []


@lru_cache(maxsize=16)
def _read(path: Path, sheet: str, variable: str, stamp: str) -> Table:
    """Read a file once for all series that are in it; ``stamp`` tells versions of the file apart."""
    suffix = path.suffix.lower()
    if suffix in _NETCDF and path.is_file():
        return _netcdf(path, variable)
    data = read_bytes(path, Message("数据文件", "a data file"), MAX_BYTES, DataError)
    if suffix in _EXCEL:
        return _excel(path, sheet, data)
    if suffix in _PARQUET:
        return _parquet(path, data)
    return _csv(path, data)


def _csv(path: Path, data: bytes) -> Table:
    """Read delimited text; lines that begin with '#' before the header are remarks."""
    text = decode(data, str(path), TABLES, DataError)
    stream = io.StringIO(text, newline=None)
    skipped, start = 0, 0
    for line in stream:
        if line.strip() and not line.startswith("#"):
            break
        skipped, start = skipped + 1, start + len(line)
    else:
        raise DataError(
            Issue(
                Message("文件是空的", "the file is empty"),
                file=str(path),
                expected=Message("表头和数据行", "a header and rows"),
            )
        )
    stream.seek(start)
    reader = csv.reader(stream, delimiter=max(",;\t", key=line.count))
    try:
        return _csv_rows(reader, str(path), skipped)
    except csv.Error as error:
        raise DataError(
            Issue(
                Message(f"不是表：{error}", f"not a table: {error}"), "", str(path), skipped + reader.line_num
            )
        ) from None


def _csv_rows(reader: Any, file: str, skipped: int) -> Table:
    """Read the rows of delimited text; ``skipped`` lines came before the header."""
    header = tuple(name.strip() for name in next(reader))
    rows, numbers, issues = [], [], []
    last = reader.line_num
    for cells in reader:
        number, last = skipped + last + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = Message(
                f"{len(header)} 列的表中有 {len(cells)} 格",
                f"{len(cells)} cells in a table of {len(header)} columns",
            )
            issues.append(Issue(message, "", file, number))
            continue
        rows.append(cells)
        numbers.append(number)
    if issues:
        raise DataError(issues)
    return Table(file, header, rows, numbers, {})


def _excel(path: Path, sheet: str, data: bytes) -> Table:
    """Read one sheet; its first row that is not empty is the header."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = book.sheet_names
        if sheet and sheet not in names:
            message = Message(f"没有工作表 {sheet!r}", f"there is no sheet {sheet!r}")
            expected = one_of(names)
            near = nearest(sheet, names)
            raise DataError(Issue(message, "sheet", str(path), expected=expected, nearest=near))
        cells = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        message = Message(f"不能作为工作簿读取：{error}", f"cannot be read as a workbook: {error}")
        raise DataError(
            Issue(message, file=str(path), expected=Message("Excel 文件", "an Excel file"))
        ) from None
    filled = [(number, row) for number, row in enumerate(cells, 1) if any(cell != "" for cell in row)]
    if not filled:
        raise DataError(
            Issue(
                Message("工作表是空的", "the sheet is empty"),
                file=str(path),
                expected=Message("表头和数据行", "a header and rows"),
            )
        )
    header = tuple(str(cell).strip() for cell in filled[0][1])
    rows = [row for _, row in filled[1:]]
    return Table(str(path), header, rows, [number for number, _ in filled[1:]], {})


def _netcdf(path: Path, variable: str) -> Table:
    """Read one variable along its time axis."""
    import xarray

    try:
        with xarray.open_dataset(path) as dataset:
            names = [str(name) for name in dataset.data_vars]
            if variable not in dataset.data_vars:
                unknown = Message(f"没有变量 {variable!r}", f"there is no variable {variable!r}")
                expected, near = one_of(names), nearest(variable, names)
                raise DataError(Issue(unknown, "column", str(path), expected=expected, nearest=near))
            array = dataset[variable]
            single = [name for name, size in array.sizes.items() if size == 1 and name != "time"]
            array = array.squeeze(single, drop=True).load()
    except (OSError, ValueError) as error:
        message = Message(
            f"无法作为 NetCDF 读取：{str(error).splitlines()[0]}",
            f"cannot be read as NetCDF: {str(error).splitlines()[0]}",
        )
        raise DataError(
            Issue(message, file=str(path), expected=Message("NetCDF 文件", "a NetCDF file"))
        ) from None
    if array.dims != ("time",) or "time" not in array.coords:
        shape = ", ".join(str(name) for name in array.dims) or "none"
        message = Message(
            f"变量 {variable!r} 的维度是（{shape}）", f"variable {variable!r} has the dimensions ({shape})"
        )
        raise DataError(
            Issue(
                message,
                "column",
                str(path),
                expected=Message("只有 'time' 一维，且带日期", "only 'time', with its dates"),
            )
        )
    dates = [str(date)[:10] for date in array["time"].values]
    rows = list(zip(dates, array.values.tolist(), strict=True))
    units = {variable: str(array.attrs["units"])} if "units" in array.attrs else {}
    return Table(str(path), ("time", variable), rows, [0] * len(rows), units)


def _parquet(path: Path, data: bytes) -> Table:
    """Read all columns of a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
    except pyarrow.ArrowException as error:
        message = Message(
            f"无法作为 Parquet 读取：{str(error).splitlines()[0]}",
            f"cannot be read as Parquet: {str(error).splitlines()[0]}",
        )
        raise DataError(
            Issue(message, file=str(path), expected=Message("Parquet 文件", "a Parquet file"))
        ) from None
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return Table(str(path), tuple(table.column_names), rows, [0] * len(rows), {})
