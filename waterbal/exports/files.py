"""Where exports may go: names that fit, and files of ours that they may replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from waterbal import outputs
from waterbal.errors import Issue, Message, UsageError, nearest
from waterbal.exports import dss
from waterbal.exports.layouts import LAYOUTS, Layout
from waterbal.exports.swmm import HEADER
from waterbal.exports.tables import HEADING, HEADING_ZH

PARQUET = (b"PAR1",)
DSS = (b"ZDSS",)
BOM = "\ufeff"
OTHERS = Message(
    "该处已有不是 waterbal 导出的文件；请移走它，或换一个名字",
    "a file that is no export of waterbal stands there; move it or name another",
)


def is_folder(output: Path) -> bool:
    """Tell a folder from a file by what is there, or by the name."""
    return output.is_dir() or (not output.exists() and not output.suffix)


def suffix_fits(output: Path, layout: Layout) -> None:
    """Make sure that the name of a file says what it is.

    Raises
    ------
    UsageError
        If it does not.
    """
    if output.suffix.lower() not in layout.suffixes:
        others = [name for name, other in LAYOUTS.items() if output.suffix.lower() in other.suffixes]
        known = [suffix for other in LAYOUTS.values() for suffix in other.suffixes]
        expected = Message(
            f"扩展名为 {' 或 '.join(layout.suffixes)} 的文件名，或文件夹",
            f"a name that ends in {' or '.join(layout.suffixes)}, or a folder",
        )
        told = Message(
            f"{output.name} 不能作为 {layout.name} 格式的文件名",
            f"{output.name} is no name for a file of the layout {layout.name}",
        )
        if others:
            expected += Message(
                f"；或 --layout {' 或 '.join(others)}", f"; or --layout {' or '.join(others)}"
            )
        near = nearest(output.suffix, known)
        raise UsageError(Issue(told, "--output", expected=expected, nearest=near))


def check(paths: Sequence[Path], source: Path, layout: Layout) -> None:
    """Make sure that files can be written before the work for them begins.

    Parameters
    ----------
    paths : sequence of Path
        Files to be written.
    source : Path
        The result, which none of them may be.
    layout : Layout
        What they will be.

    Raises
    ------
    UsageError
        With every file that cannot.
    """
    problems: list[Issue] = []
    for path in paths:
        try:
            if path.exists() and source.exists() and path.samefile(source):
                raise UsageError(
                    Issue(
                        Message(
                            f"无法写入 {path}：它就是该成果本身",
                            f"cannot write {path}: it is the result itself",
                        ),
                        "--output",
                    )
                )
            # headings of tables are known later: see check_heading
            begins = KINDS.get(layout.suffix, outputs.ANY)
            outputs.check(path, begins)
            ours = OURS.get(layout.suffix)
            if ours is not None and path.is_file() and path.stat().st_size and not ours(path):
                raise UsageError(
                    Issue(
                        Message(f"无法写入 {path}：{OTHERS.zh}", f"cannot write {path}: {OTHERS}"), "--output"
                    )
                )
        except UsageError as error:
            problems += error.issues
    if problems:
        raise UsageError(problems)


def check_heading(path: Path, heading: str) -> None:
    """Make sure that a CSV file that is there is one of ours.

    Parameters
    ----------
    path : Path
        File to be written.
    heading : str
        Its first line.

    Raises
    ------
    UsageError
        If it is not.
    """
    begins = ("scenario,", f"{HEADING},", f"{HEADING_ZH},", heading)
    outputs.check(path, tuple((mark + begin).encode() for begin in begins for mark in ("", BOM)))


def _is_export(path: Path) -> bool:
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            return "waterbal_export" in file.ncattrs()
    except OSError:
        return False


def _is_table(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return b"waterbal_export" in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


KINDS: Mapping[str, tuple[bytes, ...]] = {
    ".nc": (*outputs.NETCDF,),
    ".inp": (HEADER.encode(),),
    ".dss": DSS,
    ".parquet": PARQUET,
}
"""Suffix -> how our files begin."""
OURS: Mapping[str, Callable[[Path], bool]] = {".nc": _is_export, ".dss": dss.is_ours, ".parquet": _is_table}
"""Suffix -> whether a file that begins so is ours."""
