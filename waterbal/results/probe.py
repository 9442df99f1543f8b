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
    "axis", "bounds", "cf_role", "positive", "valid_min", "valid_max", "valid_range", "comment",
)  # fmt: skip
"""Attributes of a variable without which its values mean something else; how these are stored is no concern."""
KIND = 2
"""How values are hashed: 2 as CF decodes them, so that fill values, packing and units of time do not matter."""
BLOCK = 2**23
"""Values that are read at a time."""
PIECE = 2**17
"""Values of them that are decoded at a time."""
HASH_LENGTH = 32
"""Hexadecimal digits that are kept of a SHA-256."""
ADDRESS_SPACE = 2**32
"""Memory that a child process may ask for [bytes]; a damaged size may ask for any."""


def attribute_digest(value: Any) -> str:
    """Hash the value of an attribute."""
    return hashlib.sha256(_attribute(value)).hexdigest()[:HASH_LENGTH]


def _attribute(value: Any) -> bytes:
    if isinstance(value, str):
        return b"text " + value.encode("utf-8", "surrogatepass")
    if isinstance(value, list | tuple):
        return b"list " + b"\0".join(_attribute(part) for part in value)
    return b"".join(_numbers(np.atleast_1d(np.asarray(value)), {}))


def variable_digest(variable: Any, attributes: Mapping[str, Any]) -> str:
    """Hash a variable: dimensions, values as CF decodes them, and what they mean.

    Parameters
    ----------
    variable : netCDF4.Variable
        Without automatic masks, scales and joining of characters.
    attributes : mapping
        Its attributes; of bounds with those of time that they have from what they bound.
    """
    texts = is_text(variable)
    shape, dims = tuple(variable.shape), tuple(variable.dimensions)
    if texts and variable.dtype is not str:
        shape, dims = shape[:-1], dims[:-1]
    timed = not texts and is_time(attributes)
    digest = hashlib.sha256(f"{dims} {shape}".encode())
    for name in MEANING:
        if name in attributes and not (timed and name in ("units", "calendar")):
            digest.update(b"\0" + name.encode() + b"=" + _attribute(attributes[name]))
    digest.update(b"\0")
    for place in _blocks(shape):
        values = np.atleast_1d(np.asarray(variable[place]))
        for piece in [_texts(values)] if texts else _numbers(values, attributes):
            digest.update(piece)
    return digest.hexdigest()[:HASH_LENGTH]


def is_text(variable: Any) -> bool:
    """Tell whether a variable holds texts: strings, or characters along its last dimension."""
    return variable.dtype is str or (np.dtype(variable.dtype).kind == "S" and variable.ndim > 0)


def _texts(values: np.ndarray[Any, Any]) -> bytes:
    """Give texts with their lengths, whether they are stored as strings or as characters."""
    if values.dtype.kind == "S":
        width = values.shape[-1]
        joined = np.ascontiguousarray(values).view(f"S{width}") if values.size else np.array([], dtype="S1")
        parts = [bytes(text) for text in joined.ravel()]
    else:
        parts = [str(text).encode("utf-8", "surrogatepass") for text in values.ravel()]
    return b"text " + b"".join(str(len(part)).encode() + b":" + part for part in parts)


def _numbers(values: np.ndarray[Any, Any], attributes: Mapping[str, Any]) -> Iterator[bytes]:
    """Give numbers as CF decodes them, piece by piece, in one type for whole and one for real numbers."""
    if values.dtype.kind in "SUO":
        yield _texts(values.astype(object))
        return
    if is_time(attributes):
        label, decoded = _moments(values, attributes)
    else:
        decoded = _unpacked(values, attributes)
        label = "i" if decoded.dtype.kind in "iub" else "f"
    yield f"{label} ".encode()
    flat = decoded.ravel()
    for begin in range(0, flat.size, PIECE):
        piece = flat[begin : begin + PIECE]
        if label == "f":
            piece = piece.astype(np.float64) + 0.0  # no zero below zero
            piece[np.isnan(piece)] = np.nan
        yield piece.astype("<i8" if label != "f" else "<f8").tobytes()


def is_time(attributes: Mapping[str, Any]) -> bool:
    """Tell whether values count from a moment."""
    return isinstance(attributes.get("units"), str) and " since " in attributes["units"]


def _moments(values: np.ndarray[Any, Any], attributes: Mapping[str, Any]) -> tuple[str, np.ndarray[Any, Any]]:
    """Give the calendar, and moments in microseconds since 1970, whatever they are counted in and from."""
    import cftime

    calendar = str(attributes.get("calendar", "standard")).lower()
    unit = str(attributes["units"]).split(" since ")[0].strip().lower()
    steps = (
        (cftime.microsec_units, 1), (cftime.millisec_units, 10**3), (cftime.sec_units, 10**6),
        (cftime.min_units, 60 * 10**6), (cftime.hr_units, 3600 * 10**6), (cftime.day_units, 86400 * 10**6),
    )  # fmt: skip
    step = next(length for names, length in steps if unit in names)
    first = cftime.num2date(0, attributes["units"], calendar)
    origin = int(cftime.date2num(first, "microseconds since 1970-01-01", calendar))
    raw = _unpacked(values, attributes)
    if raw.dtype.kind in "iu":
        counted = raw.astype(np.int64) * step + origin
    else:
        known = np.isfinite(raw)
        counted = np.full(raw.shape, np.iinfo(np.int64).min)
        counted[known] = np.rint(raw[known] * step).astype(np.int64) + origin
    alike = calendar in ("standard", "gregorian", "proleptic_gregorian")
    return "standard" if alike else calendar, counted


def _unpacked(values: np.ndarray[Any, Any], attributes: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Undo masks and packing."""
    if str(attributes.get("_Unsigned", "")).lower() == "true" and values.dtype.kind == "i":
        values = values.view(values.dtype.str.replace("i", "u"))
    absent = np.zeros(values.shape, dtype=bool)
    for name in ("_FillValue", "missing_value"):
        for fill in np.atleast_1d(np.asarray(attributes.get(name, ()))).ravel():
            if fill == fill:
                absent |= values == fill
    if not absent.any() and not {"scale_factor", "add_offset"} & set(attributes):
        return values
    unpacked = values.astype(np.float64)
    unpacked[absent] = np.nan
    found: np.ndarray[Any, Any] = unpacked * float(attributes.get("scale_factor", 1.0)) + float(
        attributes.get("add_offset", 0.0)
    )
    return found


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
        ``hashes``: how they are made; ``dimensions``: sizes; ``attributes`` and ``variables``: hashes.
    """
    file.set_auto_maskandscale(False)
    file.set_auto_chartostring(False)
    told = {
        name: {key: variable.getncattr(key) for key in variable.ncattrs()}
        for name, variable in file.variables.items()
    }
    for attributes in list(told.values()):  # bounds have units and calendar of what they bound
        bounds = attributes.get("bounds")
        if bounds in told and is_time(attributes):
            own = {key: attributes[key] for key in ("units", "calendar") if key in attributes}
            told[bounds] = own | told[bounds]
    widths = {v.dimensions[-1] for v in file.variables.values() if is_text(v) and v.dtype is not str}
    return {
        "hashes": KIND,
        "dimensions": {
            name: len(dimension) for name, dimension in file.dimensions.items() if name not in widths
        },
        "attributes": {
            name: attribute_digest(file.getncattr(name)) for name in file.ncattrs() if name not in FREE
        },
        "variables": {name: _read_once(variable, told[name]) for name, variable in file.variables.items()},
    }


def _read_once(variable: Any, attributes: Mapping[str, Any]) -> str:
    """Hash a variable and give back the memory in which the library keeps its chunks for another reading."""
    found = variable_digest(variable, attributes)
    if variable.chunking() != "contiguous":
        variable.set_var_chunk_cache(size=0)
    return found


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
        keeps hashes, ``other`` where these were made in another way; and the names of what is ``missing``, ``cut``
        (has dimensions of another size) and ``altered``.
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
        if kept.get("hashes") != KIND:
            return told | {"digests": "other"}
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
