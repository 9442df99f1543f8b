"""The README is true: every command and every program in it is run, in order, in one folder.

A block whose first line is ``# file: NAME`` is written to that file; ``sh`` blocks are run line by line;
``python`` blocks are executed; a ``diff`` block is applied to the file it names. The walk-through that adds
a source type works on a copy of the package.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from waterbal import api
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.trial import Ground

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# file: (\S+)\n")
SHOWN_ONLY = ("git clone", "make ", "cd ", ".venv/bin/activate", "source ", "python -m benchmarks", ". ")
"""Commands that set up or time things: checked for being there, not run inside the tests."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    section: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        headings = re.findall(r"^## (.*)$", text[: match.start()], re.MULTILINE)
        found.append(Block(match[1], match[2], headings[-1] if headings else ""))
    return found


def commands(block: Block) -> list[str]:
    """List the commands of a ``sh`` block, comments taken off, continued lines joined."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def work(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Do what a block says, inside a folder."""
    named = FILE.match(block.text)
    if block.language == "diff":
        change(block.text, folder)
    elif named:
        path = folder / named[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text[named.end() :], encoding="utf-8")
    elif block.language == "python":
        program(["-c", block.text], folder, environment)
    elif block.language == "sh":
        for command in commands(block):
            if command.startswith(SHOWN_ONLY):
                continue
            words = shlex.split(command)
            assert words[0] == "waterbal", f"the README shows a command that is not tested: {command}"
            program(["-m", *words], folder, environment)


def program(arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


def change(diff: str, folder: Path) -> None:
    """Apply a diff: a ``+++ file`` line, then hunks after ``@@``, each of which is in the file once."""
    head, *hunks = re.split(r"^@@\n", diff, flags=re.MULTILINE)
    target = folder / head.strip().removeprefix("+++ ")
    text = target.read_text(encoding="utf-8")
    for hunk in hunks:
        lines = hunk.splitlines()
        old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
        new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
        assert text.count(old) == 1, f"not once in {target}: {old!r}"
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")


def environment(package: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(package), "WATERBAL_LANG": "en", "PYTHONUTF8": "1"}


WALK = "Add a source type in one file"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder for all sections, so that a later one may use what an earlier one wrote."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("configs", "scenarios"):
        shutil.copytree(ROOT / name, place / name)
    return place


def test_readme_blocks(folder: Path) -> None:
    shown = blocks(README)
    assert len(shown) >= 8
    for block in shown:
        if block.section != WALK:
            work(block, folder, environment(ROOT))


def test_new_source_type(tmp_path: Path) -> None:
    walk = [block for block in blocks(README) if block.section == WALK]
    assert [block.language for block in walk].count("diff") == 1
    package = tmp_path / "waterbal"
    shutil.copytree(ROOT / "waterbal", package, ignore=shutil.ignore_patterns("__pycache__", "kernel"))
    with (package / "__init__.py").open("a", encoding="utf-8") as file:
        # the kernel is not part of the change: the original one serves the copy, compiled as it is
        file.write(f"\n__path__.append({str(ROOT / 'waterbal')!r})\n")
    before = set(tmp_path.rglob("*.py"))
    for block in walk:
        work(block, tmp_path, environment(tmp_path))
    added = set(tmp_path.rglob("*.py")) - before
    assert len(added) == 1


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for block in blocks(README):
        for command in commands(block) if block.language == "sh" else []:
            if command.startswith("make "):
                for target in command.split()[1:]:
                    assert "=" in target or re.search(rf"^{target}:", makefile, re.MULTILINE), command


def test_paths_in_the_text_exist() -> None:
    for page in (README, CHINESE):
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_both_languages_show_the_same() -> None:
    def bare(block: Block) -> str:
        return re.sub(r"#(?! file:).*", "", block.text) if block.language == "sh" else block.text

    english, chinese = blocks(README), blocks(CHINESE)
    assert [(block.language, bare(block)) for block in chinese] == [
        (block.language, bare(block)) for block in english
    ]


def test_what_a_capacity_may_ask_for_fits_the_city(tmp_path: Path) -> None:
    """The section that is shown but not run, laid over the model that ``waterbal init`` writes."""
    shown = [block.text for block in blocks(README) if block.text.startswith("capacity:")]
    program(["-m", "waterbal", "init", "city"], tmp_path, environment(ROOT))
    path = tmp_path / "city" / "model.yaml"
    model = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part, value in yaml.safe_load(shown[0])["capacity"].items():
        model["capacity"][part] = {**model["capacity"].get(part, {}), **value}
    path.write_text(yaml.safe_dump(model, allow_unicode=True), encoding="utf-8")
    asked = {requirement.id for requirement in Ground(api.load(path), 1, None).question.requirements}
    for wanted in ("town_supply", "no_deep_cuts", "wells", "town_river"):
        assert any(f".{wanted}" in one for one in asked), (wanted, asked)
    demand = Demand(realizations=1, directions=("homes_and_mills",), details=False, extras=("load",))
    told = assess(path, (), demand)
    assert [str(one) for one in told["direction_id"].values] == ["homes_and_mills"]
    assert set(told["load_element_name_en"].values.tolist()) == {"North River: permit", "Wells: permit"}
