"""Compile decorators of the kernel, with a cache that cannot go stale.

numba keys its on-disk cache by the file of the compiled function alone: after an edit of a callee in another
file, of an imported constant or of the field order of a NamedTuple, it goes on running the old machine code.
So the cache lives in a directory named after a hash of every kernel source and of the versions of numba and
numpy: any edit starts an empty directory. Where nothing is writable the kernels are compiled in memory.

Environment: ``WATERBAL_CACHE_DIR`` names the directory to use, ``WATERBAL_NO_CACHE=1`` switches caching off.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.registry import CPUDispatcher

Function = TypeVar("Function", bound=Callable[..., Any])

KEPT_TAGS = 3
"""Cache directories of this many source states are kept."""

PREFIX = "kernel-"


def source_tag() -> str:
    """Return a name that changes with any kernel source, the settings, and numba's, numpy's and Python's version."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    settings = os.environ.get("WATERBAL_PLAIN_LOOPS", "")
    for part in (numba.__version__, np.__version__, sys.version, settings):
        digest.update(part.encode() + b"\0")
    return PREFIX + digest.hexdigest()[:20]


def candidate_roots() -> Iterator[Path]:
    """Yield the directories in which compiled kernels may be kept, best first."""
    named = os.environ.get("WATERBAL_CACHE_DIR", "")
    if named:
        yield Path(named)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if shared:
        yield Path(shared) / "waterbal"
    else:
        with suppress(RuntimeError):  # no home directory is known
            yield Path.home() / ".cache" / "waterbal"
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"waterbal-{owner}"


def usable(directory: Path) -> bool:
    """Create the directory if need be; return whether we can write there and nobody else can."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            # numba unpickles what it finds: never read from a directory that others may write to
            facts = directory.stat()
            if facts.st_uid != os.getuid() or facts.st_mode & 0o022:
                return False
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def prune(root: Path, tag: str) -> None:
    """Remove all but the newest cache directories under a root, never the one in use."""
    with suppress(OSError):
        old = [path for path in root.glob(PREFIX + "*") if path.is_dir() and path.name != tag]
        old.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in old[KEPT_TAGS - 1 :]:
            shutil.rmtree(path, ignore_errors=True)


def find_directory() -> Path | None:
    """Return the cache directory of these sources, created; None if caching is off or impossible."""
    if os.environ.get("WATERBAL_NO_CACHE", "") not in ("", "0"):
        return None
    try:
        tag = source_tag()
        roots = list(candidate_roots())
    except OSError:
        return None
    for root in roots:
        directory = root / tag
        fresh = not directory.exists()
        if usable(directory):
            with suppress(OSError):
                os.utime(directory)
            if fresh:
                prune(root, tag)
            return directory
    return None


_DIRECTORY = find_directory()


def cache_directory() -> Path | None:
    """Return the directory that holds the compiled kernels, None if they are compiled in memory."""
    return _DIRECTORY


@contextmanager
def _numba_cache(directory: Path) -> Iterator[None]:
    """Point numba's global cache setting at a directory while a function is decorated."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(directory)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _decorate(function: Function, **options: Any) -> Function:
    """Compile a function with the flags all kernels share."""
    # Kernels neither make nor keep arrays, so counting references to them is left out: it was half the time.
    compiler = numba.njit(nogil=True, error_model="numpy", _nrt=False, **options)
    compiled: Function = compiler(function)
    return compiled


def _cached(function: Function, **options: Any) -> Function:
    """Compile a function and keep the machine code where that is possible."""
    if _DIRECTORY is None:
        return _decorate(function, **options)
    with _numba_cache(_DIRECTORY):
        try:
            return _decorate(function, cache=True, **options)
        except (RuntimeError, OSError):  # the directory vanished or numba refuses it
            return _decorate(function, **options)


def jit(function: Function) -> Function:
    """Compile a kernel function on first call and keep it in the cache directory."""
    return _cached(function)


class KernelOnly(CPUDispatcher):
    """A compiled function that other kernels call but Python cannot."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: there is no bridge from Python, a call would crash the interpreter."""
        raise TypeError(f"{self.py_func.__name__} can only be called from compiled kernels")


def part(function: Function) -> Function:
    """Compile a function that only other kernels call: without the bridge from Python, which is slow to build."""
    compiled: Any = _cached(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    if isinstance(compiled, CPUDispatcher):  # not where compilation is disabled
        compiled.__class__ = KernelOnly
    return compiled
