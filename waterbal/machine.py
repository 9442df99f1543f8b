"""What this machine offers, and compiling ahead of the first run."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from waterbal._version import __version__

_PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "xarray", "netCDF4", "pydantic", "pandas")
NO_CACHE = "none: kernels are compiled in every process"


def facts() -> dict[str, Any]:
    """Collect versions, threads, cache and memory; every value is text, a number or a truth value."""
    import numba

    from waterbal.scenarios.workers import cores

    cache = cache_directory()
    return {
        "waterbal": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in _PACKAGES},
        "numba_threading_layers": ", ".join(_layers()) or "none",
        "numba_threads": int(numba.config.NUMBA_NUM_THREADS),
        "cores": os.cpu_count() or 1,
        "cores_allowed": cores(),
        "memory_gib": _memory(),
        "cache_directory": str(cache) if cache else NO_CACHE,
        "cache_writable": bool(cache and _writable(cache)),
        "cache_mib": round(_size(cache) / 2**20, 1) if cache else 0.0,
        "encoding": sys.stdout.encoding or "unknown",
    }


def cache_directory() -> Path | None:
    """Give the directory that holds the compiled kernels, or None if they are not kept."""
    from waterbal.kernel import _jit

    return _jit.cache_directory()


def warm_up() -> float:
    """Compile every kernel by running the starter model once.

    Returns
    -------
    float [s]
        Time it took; a second call in another process only loads what the first compiled.
    """
    from waterbal import api, starter

    begin = time.perf_counter()
    api.load(starter.MODEL).run()
    return time.perf_counter() - begin


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _layers() -> list[str]:
    """List the threading layers of numba that load here."""
    from importlib import import_module

    found = []
    for layer, module in (("tbb", "tbbpool"), ("omp", "omppool"), ("workqueue", "workqueue")):
        try:
            import_module(f"numba.np.ufunc.{module}")
        except ImportError:
            continue
        found.append(layer)
    return found


def _memory() -> float | None:
    """Give the memory of the machine [GiB], None where the system does not tell."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(size / 2**30, 1)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".waterbal-"):
            return True
    except OSError:
        return False


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
