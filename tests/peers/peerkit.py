"""The programs that read our files; where one is missing the test fails and says how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
VARIABLE = "WATERBAL_PEERS_PYTHON"
"""Environment variable: an interpreter that has the Python programs."""


def python() -> Path:
    """Give the interpreter of the second environment."""
    found = Path(os.environ.get(VARIABLE) or ROOT / ".venv-peers" / "bin" / "python")
    if not found.exists():
        pytest.fail(f"{found} is missing; `make test-peers` installs it, or set {VARIABLE}")
    return found


def program(name: str) -> str:
    """Give a program of the system, or of the second environment."""
    beside = python().with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing; `make test-peers` installs it")
    return found


def run(*command: object, folder: Path | None = None) -> str:
    """Run a program that must succeed; give what it printed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script(name: str, *arguments: object) -> str:
    """Run one of our scripts with the second environment's interpreter."""
    return run(python(), HERE / name, *arguments)
