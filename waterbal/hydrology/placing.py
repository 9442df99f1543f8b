"""Problems of series and of the hydrology at the place in the model that they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from waterbal.errors import ConfigError, DataError, Issue, Message
from waterbal.model.load import Loaded
from waterbal.model.series_spec import FileSeries


@contextmanager
def placing(loaded: Loaded | None, besides: Collection[str] = ()) -> Iterator[None]:
    """Give problems that are raised inside their place in the model, where they have none in a line of a file.

    Parameters
    ----------
    loaded : Loaded or None
        The model; None where there is none.
    besides : collection of str
        Series that are not from the model.
    """
    try:
        yield
    except (ConfigError, DataError) as error:
        if loaded is None:
            raise
        raise type(error)(
            [told for issue in error.issues for told in _placed(issue, loaded, besides)]
        ) from None


def _placed(issue: Issue, loaded: Loaded, besides: Collection[str]) -> Iterator[Issue]:
    """Place one problem: at every series that has it, or at the first of those that share a file."""
    section = issue.where.split(".")[0]
    if issue.line or section not in ("hydrology", "series") or (section == "hydrology" and issue.file):
        yield issue
        return
    places = issue.where.split(", ")
    shared = places[0].endswith(".file")
    for where in [issue.where] if shared else places:
        path = places[0].split(".") if shared else where.split(".")
        name = path[1] if len(path) > 1 else ""
        file, line, column = loaded.marks.place(path, key=section == "series")
        if not file or (section == "series" and name in besides):
            yield replace(issue, where=where)
            continue
        series = loaded.model.series.get(name)
        message = issue.message
        if issue.file and isinstance(series, FileSeries):
            message = Message(f"{series.file}：", f"{series.file}: ") + message
        yield replace(issue, message=message, where=where, file=file, line=line, column=column)
