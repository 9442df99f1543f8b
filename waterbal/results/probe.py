"""What a NetCDF file holds, as hashes; also run as a program of its own on files that may crash the library.

Imports nothing of waterbal, so that a child process starts fast:
``python -P probe.py FILE`` prints one JSON document, see ``examine``.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

FORMAT = 1
"""Version of the format of results; it rises where a reader of the old one would be wrong about the new one."""
FORMAT_NAME = "waterbal_format"
DIGESTS = "waterbal_digests"
"""Attribute with the hashes of everything else."""
FREE = ("history", "coordinates", "NCO", "CDO", "CDI", "nco_openmp_thread_number", DIGESTS, "_NCProperties")
"""Attributes that other programs keep up to date, and that change no number."""
MEANING = (
    "units", "calendar", "standard_name", "long_name", "long_name_zh", "flag_values", "flag_meanings", "cell_methods",
    "axis", "bounds", "cf_role", "positive", "scale_factor", "add_offset", "_FillValue", "missing_value", "valid_min",
    "valid_max", "valid_range", "_Unsigned", "_Encoding", "comment",
)  # fmt: skip
"""Attributes of a variable without which its numbers mean something else."""
BLOCK = 2**23
"""Values that are read at a time."""
HASH_LENGTH = 32
"""Hexadecimal digits that are kept of a SHA-256."""
ADDRESS_SPACE = 2**32
"""Memory that a child process may ask for [bytes]; a damaged size may ask for any."""


def attribute_digest(value: Any) -> str:
    """Hash the value of an attribute."""
    return _told(_attribute(value))


def _told(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH_LENGTH]


def _attribute(value: Any) -> bytes:
    if isinstance(value, str):
        return b"text " + value.encode("utf-8", "surrogatepass")
    if isinstance(value, list | tuple):
        return b"list " + b"\0".join(_attribute(part) for part in value)
    array = np.atleast_1d(np.asarray(value))
    return f"{array.dtype.kind}{array.dtype.itemsize} ".encode() + _little(array)


def _little(array: np.ndarray[Any, Any]) -> bytes:
    if array.dtype.kind == "O":
        return b"\0".join(str(value).encode("utf-8", "surrogatepass") for value in array.ravel())
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def variable_digest(
    dims: tuple[str, ...], values: np.ndarray[Any, Any] | Any, attributes: Mapping[str, Any]
) -> str:
    """Hash a variable: dimensions, type, numbers as they are stored, and what they mean.

    Parameters
    ----------
    dims : tuple of str
        Its dimensions.
    values : ndarray or netCDF4.Variable
        Numbers as they are stored, without masks and scales.
    attributes : mapping
        Its attributes; only those of ``MEANING`` count.
    """
    digest = hashlib.sha256()
    dtype = np.dtype(object) if values.dtype is str else np.dtype(values.dtype)
    digest.update(f"{dims} {tuple(values.shape)} {dtype.kind}{dtype.itemsize}".encode())
    for name in MEANING:
        if name in attributes:
            digest.update(b"\0" + name.encode() + b"=" + _attribute(attributes[name]))
    digest.update(b"\0")
    for place in _blocks(tuple(values.shape)):
        digest.update(_little(np.asarray(values[place])))
    return digest.hexdigest()[:HASH_LENGTH]


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Cut an array into blocks of a bounded size, in the order of its values."""
    leading = 0
    while leading < len(shape) and int(np.prod(shape[leading:], dtype=object)) > BLOCK:
        leading += 1
    if leading == 0:
        yield (Ellipsis,)
        return
    first = shape[leading - 1]
    width = max(1, BLOCK // max(1, int(np.prod(shape[leading:], dtype=object))))
    for index in itertools.product(*(range(size) for size in shape[: leading - 1])):
        for begin in range(0, first, width):
            yield (*index, slice(begin, min(begin + width, first)))


def digests(file: Any) -> dict[str, Any]:
    """Hash everything in an open file.

    Parameters
    ----------
    file : netCDF4.Dataset
        Open file.

    Returns
    -------
    dict
        ``dimensions``: sizes; ``attributes`` and ``variables``: hashes.
    """
    file.set_auto_maskandscale(False)
    file.set_auto_chartostring(False)
    return {
        "dimensions": {name: len(dimension) for name, dimension in file.dimensions.items()},
        "attributes": {
            name: attribute_digest(file.getncattr(name)) for name in file.ncattrs() if name not in FREE
        },
        "variables": {
            name: variable_digest(
                variable.dimensions, variable, {key: variable.getncattr(key) for key in variable.ncattrs()}
            )
            for name, variable in file.variables.items()
        },
    }


def text(found: Mapping[str, Any]) -> str:
    """Give hashes as the text that a file keeps."""
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def examine(path: str) -> dict[str, Any]:
    """Compare a file with the hashes that it keeps.

    Parameters
    ----------
    path : str
        NetCDF file.

    Returns
    -------
    dict
        ``ours``: whether waterbal wrote it; ``format``: version, None where it names none; ``digests``: whether it
        keeps hashes; and the names of what is ``missing``, ``cut`` (has dimensions of another size) and ``altered``.
    """
    import netCDF4

    with netCDF4.Dataset(path) as file:
        names = set(file.ncattrs())
        told: dict[str, Any] = {"ours": "waterbal_version" in names, "format": None, "digests": False}
        if FORMAT_NAME in names:
            with contextlib.suppress(TypeError, ValueError):
                told["format"] = int(file.getncattr(FORMAT_NAME))
        if not told["ours"] or told["format"] != FORMAT:
            return told
        kept: Any = None
        with contextlib.suppress(ValueError, AttributeError):
            kept = json.loads(file.getncattr(DIGESTS))
        if not _is_digests(kept):
            return told
        own = {name: tuple(variable.dimensions) for name, variable in file.variables.items()}
        return told | {"digests": True} | compare(kept, digests(file), own)


def _is_digests(kept: Any) -> bool:
    return isinstance(kept, dict) and all(
        isinstance(kept.get(part), dict) for part in ("dimensions", "attributes", "variables")
    )


def compare(
    kept: Mapping[str, Any], now: Mapping[str, Any], own: Mapping[str, tuple[str, ...]]
) -> dict[str, list[str]]:
    """Tell what is missing, cut and altered; what was added is no concern.

    A variable is cut where one of its own dimensions has another size; whether the rest of it is as it was cannot be
    known then.
    """
    resized = {name for name, size in kept["dimensions"].items() if now["dimensions"].get(name, size) != size}
    missing = sorted(set(kept["variables"]) - set(now["variables"]))
    differing = [
        name
        for name, digest in sorted(kept["variables"].items())
        if name in now["variables"] and now["variables"][name] != digest
    ]
    cut = [name for name in differing if resized & set(own.get(name, ()))]
    lost = sorted(set(kept["attributes"]) - set(now["attributes"]))
    changed = [
        name
        for name, digest in sorted(kept["attributes"].items())
        if name in now["attributes"] and now["attributes"][name] != digest
    ]
    return {
        "missing": missing + lost,
        "cut": cut,
        "altered": [name for name in differing if name not in cut] + changed,
    }


def main() -> None:
    """Examine the file named on the command line."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # the limit is a help, not a need
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told = examine(sys.argv[1])
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
