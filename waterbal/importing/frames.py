"""Tables that a pywr model names: files of CSV or Excel, or data inside the model."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import Message, in_language, reason_of
from waterbal.importing.listing import Listing, plain, quoted
from waterbal.importing.steps import Steps
from waterbal.model.marks import Path as Where
from waterbal.model.rows import Floats

if TYPE_CHECKING:
    import pandas as pd

PASSED = (
    "index_col", "parse_dates", "dayfirst", "header", "sheet_name", "sep", "delimiter", "skiprows", "encoding",
    "skipinitialspace",
)  # fmt: skip
"""Options of pandas that are passed on."""
OWN = ("url", "data", "table", "column", "index", "checksum", "comment", "filetype")
KEYS = (*PASSED, *OWN)
"""Keys that say where values come from."""


class Frames:
    """Reads tables, each file once."""

    def __init__(self, listing: Listing, folder: Path, tables: Any) -> None:
        self.listing, self.folder = listing, folder
        self.tables = tables if isinstance(tables, dict) else {}

    def load(self, raw: dict[str, Any], path: Where) -> Any:
        """Give the table, column or value that a parameter names; None if it was refused."""
        import pandas as pd

        table = raw.get("table")
        if table is not None:
            known = self.tables.get(table) if isinstance(table, str) else None
            if not isinstance(known, dict):
                self.listing.refuse(
                    (*path, "table"),
                    Message(f"没有表 {quoted(table)}", f"there is no table {quoted(table)}"),
                    Message("'tables' 下的名称", "a name under 'tables'"),
                )
                return None
            frame = self.read(known, ("tables", str(table)))
        else:
            frame = self.read(raw, path)
        for key in ("column", "index"):
            if frame is None or raw.get(key) is None:
                continue
            wanted = tuple(raw[key]) if isinstance(raw[key], list) else raw[key]
            try:
                frame = frame[wanted] if key == "column" else frame.loc[wanted]
            except Exception:  # pandas raises many kinds
                self.listing.refuse(
                    (*path, key),
                    Message(f"表中没有 {key} {quoted(wanted)}", f"the table has no {key} {quoted(wanted)}"),
                )
                return None
        return frame if not isinstance(frame, pd.DataFrame) or frame.size else None

    def read(self, raw: dict[str, Any], path: Where) -> pd.DataFrame | None:
        """Read a whole table."""
        import pandas as pd

        url, data = raw.get("url"), raw.get("data")
        options = {key: raw[key] for key in PASSED if key in raw}
        if (url is None) == (data is None):
            self.listing.refuse(
                path,
                Message("缺少数值", "values are missing"),
                Message("数值，或文件的 'url'", "values, or 'url' of a file"),
            )
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if url is None:
                    dates = options.pop("parse_dates", False)
                    frame = pd.DataFrame.from_dict(data or {}, **options)
                    if dates:
                        frame.index = pd.DatetimeIndex(frame.index)
                    return frame
                file = self.file(raw, path)
                if file is None:
                    return None
                if file.suffix in (".xls", ".xlsx"):
                    return pd.read_excel(file, engine="calamine", **options)
                return pd.read_csv(file, **options)
        except Exception as problem:  # pandas raises many kinds
            text = plain(str(problem).strip().split("\n")[0]) or type(problem).__name__
            self.listing.refuse(
                (*path, "url" if url is not None else "data"),
                Message(f"表无法读取：{text}", f"the table cannot be read: {text}"),
            )
            return None

    def file(self, raw: dict[str, Any], path: Where) -> Path | None:
        """Give the file that is named, if it is one that can be read."""
        url, where = raw["url"], (*path, "url")
        if not isinstance(url, str) or "://" in url or "\0" in url:
            self.listing.refuse(
                where,
                Message(f"{quoted(url)} 不是文件", f"{quoted(url)} is no file"),
                Message("文件，路径相对于模型", "a file, relative to the model"),
            )
            return None
        file = self.folder / url
        if file.suffix.lower() in (".h5", ".hdf", ".hdf5"):
            self.listing.refuse(
                where,
                Message("不能读取 pandas 的 HDF5 表", "HDF5 tables of pandas cannot be read"),
                Message("同一张表的 CSV", "the same table as CSV"),
            )
            return None
        if file.suffix not in (".csv", ".gz", ".xls", ".xlsx") or raw.get("filetype", "csv") not in (
            "csv",
            "excel",
        ):
            self.listing.refuse(
                where,
                Message(
                    f"不能读取 {quoted(file.name)} 这类文件", f"files like {quoted(file.name)} cannot be read"
                ),
                Message("CSV 或 Excel", "CSV or Excel"),
            )
            return None
        try:
            content = file.read_bytes()
        except OSError as problem:
            self.listing.refuse(
                where,
                Message(
                    f"{quoted(url)} 无法读取：{in_language(reason_of(problem), 'zh')}",
                    f"{quoted(url)} cannot be read: {problem.strerror}",
                ),
            )
            return None
        return file if self.same(raw, content, path) else None

    def same(self, raw: dict[str, Any], content: bytes, path: Where) -> bool:
        """Tell whether a file is the one that the model was made with."""
        checksums = raw.get("checksum") or {}
        for kind, expected in checksums.items() if isinstance(checksums, dict) else [("", None)]:
            try:
                found = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
            except (ValueError, TypeError):
                self.listing.refuse(
                    (*path, "checksum"),
                    Message(f"不认识校验算法 {quoted(kind)}", f"checksum {quoted(kind)} is unknown"),
                    Message("md5 或 sha256", "md5 or sha256"),
                )
                return False
            if found != expected:
                self.listing.refuse(
                    (*path, "checksum"),
                    Message(
                        f"文件的 {kind} 校验值不同：{found}", f"the file has another {kind} checksum: {found}"
                    ),
                )
                return False
        return True


def on_steps(column: Any, steps: Steps, listing: Listing, path: Where) -> Floats | None:
    """Bring a dated column to the steps, as pywr does: the mean of the days of a month, the month's value on each day.

    Parameters
    ----------
    column : pandas.Series
        With dates as index.
    steps : Steps
        Steps wanted.
    listing : Listing
        Takes what is wrong.
    path : tuple
        Place of the parameter.
    """
    import pandas as pd

    if not isinstance(column.index, pd.DatetimeIndex):
        listing.refuse(
            path,
            Message("表的索引不是日期", "the table has no dates as its index"),
            Message("index_col 和 parse_dates", "index_col and parse_dates"),
        )
        return None
    try:
        values = column.to_numpy(dtype=np.float64)
    except (ValueError, TypeError):
        listing.refuse(path, Message("该列有不是数的内容", "the column holds something else than numbers"))
        return None
    days = column.index.to_numpy().astype("datetime64[D]")
    if not np.array_equal(days.astype(column.index.to_numpy().dtype), column.index.to_numpy()):
        listing.refuse(
            path,
            Message("表中的日期带有时刻", "the table has times of day"),
            Message("每天或每月一行", "one row per day or month"),
        )
        return None
    daily = days.size > 0 and bool(np.all(np.diff(days) == np.timedelta64(1, "D")))
    months = days.astype("datetime64[M]")
    begins = months.astype("datetime64[D]") == days
    ends = (months + 1).astype("datetime64[D]") - 1 == days
    monthly = (
        days.size > 1
        and bool(np.all(np.diff(months) == np.timedelta64(1, "M")))
        and (begins.all() or ends.all())
    )
    if not (daily or monthly):
        listing.refuse(
            path,
            Message(
                "表的各行既不是逐日也不是逐月相接",
                "the rows of the table are neither days nor months, one after the other",
            ),
        )
        return None
    wanted = steps.axis.start.astype("datetime64[D]")
    if daily and steps.time.step == "month":
        return _means(days, values, steps, listing, path)
    if monthly:
        days, wanted = months, wanted.astype("datetime64[M]")
    position = (wanted - days[0]).astype(np.int64)
    inside = (position >= 0) & (position < days.size)
    if not inside[: steps.own].all():
        listing.refuse(
            path,
            Message(
                f"表只有 {days[0]} 至 {days[-1]}，没有覆盖整个模拟期",
                f"the table covers {days[0]} to {days[-1]}, not the whole run",
            ),
        )
        return None
    if not inside.all():
        _too_short(listing, path, steps)
        return None
    return values[position]


def _means(days: Any, values: Floats, steps: Steps, listing: Listing, path: Where) -> Floats | None:
    """Average the days of each month; only whole months have a mean."""
    first = (steps.axis.start.astype("datetime64[D]") - days[0]).astype(np.int64)
    last = (steps.axis.end.astype("datetime64[D]") - days[0]).astype(np.int64)
    if first[0] < 0 or last[-1] > days.size:
        listing.refuse(
            path,
            Message(
                f"表只有 {days[0]} 至 {days[-1]}，没有覆盖模拟期各月的每一天",
                f"the table covers {days[0]} to {days[-1]}, not every day of every month of the run",
            ),
        )
        return None
    return np.array([values[a:b].mean() for a, b in zip(first, last, strict=True)])


def _too_short(listing: Listing, path: Where, steps: Steps) -> None:
    message = Message(
        f"数值随 pywr 的模拟止于 {steps.end}，在月中；这里的模拟止于整月",
        f"the values end with pywr's run on {steps.end}, inside a month; here a run ends with a whole one",
    )
    listing.refuse(
        path,
        message,
        Message(
            "到月末的数值，或把 timestepper 的 'end' 提前",
            "values to the end of the month, or an earlier 'end' of the timestepper",
        ),
    )
