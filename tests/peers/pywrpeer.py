"""A pywr process to compare with, in an environment of its own that is kept in the user's cache."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import environment
from benchmarks.common import cache_folder

HOW = "pywr is missing; `make test-peers` installs it"


class Pywr:
    """Runs models one after the other."""

    def __init__(self, python: Path, folder: Path) -> None:
        program = Path(__file__).with_name("pywr_program.py")
        self.out = folder / "pywr.npz"
        self.process = subprocess.Popen(
            [python, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, model: Path, scenarios: dict[str, int]) -> dict[str, np.ndarray] | str:
        """Run a model; give its series by name, or what pywr says against it."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(
            json.dumps({"model": str(model), "out": str(self.out), "scenarios": scenarios}) + "\n"
        )
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        while line and not line.startswith("{"):  # what its solver prints
            line = self.process.stdout.readline()
        assert line, f"the pywr process ended with code {self.process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        if answer["problem"]:
            return str(answer["problem"])
        with np.load(self.out) as file:
            return {name: file[name] for name in file.files}

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def prepare() -> Path:
    """Give an interpreter with pywr; installed once.

    Raises
    ------
    AssertionError
        If it cannot be had.
    """
    try:
        return environment.prepare()
    except environment.NoPywr as problem:
        raise AssertionError(f"{HOW}: {problem}") from None


def published(python: Path) -> Path:
    """Give the folder of pywr's source package, which has the published models; downloaded once."""
    version = subprocess.run(
        [python, "-c", "import pywr; print(pywr.__version__)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    cache = cache_folder("pywr-source")
    folder = cache / f"pywr-{version}"
    if not (folder / "tests" / "models").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--no-binary", "pywr", "--dest", cache, f"pywr=={version}",
        ]  # fmt: skip
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        archive = next(cache.glob(f"pywr-{version}.tar.gz"), None)
        assert archive is not None, f"{HOW}: {done.stderr[-1000:]}"
        with tarfile.open(archive) as file:
            file.extractall(cache, filter="data")
    return folder
