"""A virtual environment with pywr, made once and kept in the user's cache.

pywr 1.x needs a pandas older than the one waterbal is developed with, so it cannot share an environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.common import cache_folder

PACKAGES = ("pywr>=1.27,<2", "pandas<3")


class NoPywr(RuntimeError):
    """pywr can neither be imported nor installed."""


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def has_pywr(environment: Path) -> bool:
    """Return whether pywr can be imported there."""
    python = python_of(environment)
    if not python.exists():
        return False
    return (
        subprocess.run([python, "-c", "import pywr.model"], capture_output=True, check=False).returncode == 0
    )


def default_environment() -> Path:
    """Return where the environment is kept, one per version of Python."""
    return cache_folder(f"pywr-{sys.version_info.major}.{sys.version_info.minor}")


def prepare(environment: Path | None = None) -> Path:
    """Return an interpreter that has pywr; create the environment and install into it if need be.

    Raises
    ------
    NoPywr
        With what the installer said.
    """
    environment = environment or default_environment()
    if has_pywr(environment):
        return python_of(environment)
    print(f"installing pywr into {environment}", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", environment],
        [python_of(environment), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
    ):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoPywr((done.stderr or done.stdout).strip()[-2000:])
    if not has_pywr(environment):
        raise NoPywr(f"pywr was installed into {environment} but cannot be imported")
    return python_of(environment)
