"""The page on how it works is true: names exist, tolerances are the code's, both languages agree, sums come out.

Everything in backticks has to be something that exists: a module, a test, a constant, a variable of a result, a
field or a word of the model file, a command. Tables say which of these a cell holds.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.resources
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from waterbal.capacity.search import Options
from waterbal.capacity.thresholds import threshold_set
from waterbal.errors import BalanceError, InfeasibleError
from waterbal.model.schema import json_schema
from waterbal.network.requirements import years_needed
from waterbal.results.terms import STATUS
from waterbal.results.variables import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "waterbal"
ENGLISH, CHINESE = PACKAGE / "how_it_works.md", PACKAGE / "how_it_works.zh-CN.md"
PAGES = [pytest.param(page, id=page.name) for page in (ENGLISH, CHINESE)]
LONGEST = 620
"""Lines of a page that can still be read in one go."""

PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EQUATION = re.compile(r"^\$\$\n(.*?)^\$\$$", re.MULTILINE | re.DOTALL)
CONSTANT = re.compile(r"`((?:[a-z_]+\.)+[A-Z][A-Z_0-9]*)`(?: = | \| )(-?\d+(?:\.\d+)?(?:e-?\d+)?)(?![\d%])")
SMALL = re.compile(r"\b\d(?:\.\d+)?e-\d+\b|10\^\{-\d+\}")
FIELDS, VARIABLES = ("model file", "fields", "模型文件", "字段"), ("NetCDF",)
"""Headers of columns that hold fields of the model file, and variables of a result."""
WRITERS = (
    "results/coordinates.py",
    "results/dataset.py",
    "capacity/dataset.py",
    "capacity/dataset_details.py",
    "capacity/samples.py",
    "capacity/extras.py",
    "capacity/bound_dataset.py",
    "capacity/datasets.py",
    "scenarios/work.py",
)
"""Modules that write variables which are not in the registry."""
WORDS = (
    "results/terms.py",
    "results/variables.py",
    "capacity/search.py",
    "capacity/thresholds.yaml",
    "capacity/admission_terms.py",
)
"""Files with words of results, such as statuses."""


def prose(page: Path) -> str:
    return PROGRAM.sub("", page.read_text(encoding="utf-8"))


def tokens(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def equations(page: Path) -> list[str]:
    return EQUATION.findall(prose(page))


def inline(page: Path) -> list[str]:
    return re.findall(r"\$([^$\n]+)\$", EQUATION.sub("", prose(page)))


def tables(page: Path) -> list[list[list[str]]]:
    """Cells of every table, the header first, without the line of dashes."""
    found: list[list[list[str]]] = [[]]
    for line in prose(page).splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [[rows[0], *rows[2:]] for rows in found if rows]


@functools.cache
def schema() -> dict[str, Any]:
    return json_schema()


def inside(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what a node of the schema stands for: references, alternatives, items of lists and of mappings."""
    if "$ref" in node:
        yield from inside(schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
        return
    yield node
    for part in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from inside(part)
    for part in (
        node.get("items"),
        node.get("additionalProperties"),
        *node.get("patternProperties", {}).values(),
    ):
        if isinstance(part, dict):
            yield from inside(part)


def is_field(path: str) -> bool:
    """Tell whether a dotted path of section, type and fields is in the schema; types may be left out."""
    nodes = [schema()]
    for name in path.split("."):
        every = [inner for node in nodes for inner in inside(node)]
        typed = [
            inner
            for inner in every
            if any(inner.get("properties", {}).get(key, {}).get("const") == name for key in ("type", "kind"))
        ]
        nodes = typed or [inner["properties"][name] for inner in every if name in inner.get("properties", {})]
        if not nodes:
            return False
    return True


@functools.cache
def words_of_the_schema() -> frozenset[str]:
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            found.update(str(word) for word in (*node.get("enum", ()), node.get("const", "")))
            for part in node.values():
                walk(part)
        elif isinstance(node, list):
            for part in node:
                walk(part)

    walk(schema())
    return frozenset(found)


@functools.cache
def texts(*names: str) -> frozenset[str]:
    """Collect the string literals of modules, and the words of data files."""
    found: set[str] = set()
    for name in names:
        text = (PACKAGE / name).read_text(encoding="utf-8")
        if name.endswith(".py"):
            literals = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            found.update(value for value in literals if isinstance(value, str))
        else:
            found.update(re.findall(r"\w+", text))
    return frozenset(found)


def is_variable(name: str) -> bool:
    from waterbal.capacity.extras import EXTRAS

    part, _, rest = name.partition("_")  # what is told besides capacities has its name before it
    return name in REGISTRY or name in texts(*WRITERS) or (part in EXTRAS and rest in texts(*WRITERS))


def constant(path: str) -> Any:
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(f"waterbal.{module}"), name)


def is_command(text: str) -> bool:
    from typer.main import get_command

    from waterbal.cli.main import app

    command: Any = get_command(app)
    for word in text.split()[1:]:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    return True


def exists(token: str) -> bool:
    if re.fullmatch(r"[\w/]+\.py", token):
        return (ROOT / token if token.startswith("tests/") else PACKAGE / token).is_file()
    if re.fullmatch(r"(?:[a-z_]+\.)+[A-Z][A-Z_0-9]*", token):
        return constant(token) is not None
    if token.startswith("waterbal "):
        return is_command(token)
    return is_variable(token) or is_field(token) or token in words_of_the_schema() or token in texts(*WORDS)


@pytest.mark.parametrize("page", PAGES)
def test_every_name_exists(page: Path) -> None:
    unknown = sorted({token for token in tokens(prose(page)) if not exists(token)})
    assert unknown == []


def test_names_that_do_not_exist_would_be_noticed() -> None:
    for name in (
        "kernel/simplexx.py", "tests/test_nothing.py", "water_demandd", "sources.river_intake.capacityy",
        "sources.transfer.floor", "demands.kettle.people", "waterbal runn", "links.loss.more",
    ):  # fmt: skip
        assert not exists(name), name
    with pytest.raises(AttributeError):
        exists("kernel.simulate.NO_SUCH")


@pytest.mark.parametrize("page", PAGES)
def test_cells_of_tables_hold_what_their_column_says(page: Path) -> None:
    checked = 0
    for header, *rows in tables(page):
        for number, title in enumerate(header):
            for row in rows:
                assert len(row) == len(header), row
                named = tokens(row[number])
                if title in FIELDS:
                    assert all(is_field(name) for name in named), row
                elif title in VARIABLES:
                    assert all(is_variable(name) for name in named), row
                else:
                    continue
                checked += len(named)
    assert checked > 90


@pytest.mark.parametrize("page", PAGES)
def test_tolerances_are_those_of_the_code(page: Path) -> None:
    text = prose(page)
    shown = CONSTANT.findall(text)
    assert len(shown) >= 20
    for path, value in shown:
        assert constant(path) == float(value), path
    named = {token for token in tokens(text) if re.fullmatch(r"(?:[a-z_]+\.)+[A-Z][A-Z_0-9]*", token)}
    assert named == {path for path, _ in shown}, "a constant is named without its value"
    known = {float(value) for _, value in shown}
    for number in SMALL.findall(text):
        value = float(number.replace("10^{", "1e").rstrip("}"))
        assert value in known, f"{number} is no constant of the code that the page names"


def test_a_tolerance_that_changes_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waterbal.results.closure.TOLERANCE", 1e-6)
    with pytest.raises(AssertionError, match=r"results\.closure\.TOLERANCE"):
        test_tolerances_are_those_of_the_code(ENGLISH)


@pytest.mark.parametrize("page", PAGES)
def test_statuses_and_exit_codes_are_those_of_the_code(page: Path) -> None:
    shown: dict[int, tuple[str, str]] = {}
    for header, *rows in tables(page):
        if header[0] == "`solver_status`":
            for what, _, code in rows:
                shown |= {int(n): (name, code) for n, name in re.findall(r"(-?\d+) `(\w+)`", what)}
    codes = {0: "0", 1: str(InfeasibleError.exit_code), -1: "–"}
    assert shown == {n: (name, codes.get(n, str(BalanceError.exit_code))) for n, name in STATUS.items()}


@pytest.mark.parametrize("page", PAGES)
def test_other_numbers_of_the_prose_are_those_of_the_code(page: Path) -> None:
    text = prose(page)
    options, bands = Options(), threshold_set("national_2016").bands
    assert re.search(
        rf"\b{options.audit_below}\b.{{1,20}}\b{options.audit_above}\b.{{1,25}}(half|一半)", text
    )
    assert re.search(r"\D+".join(str(band.bound) for band in bands[:-1]), text)
    assert f"0.95 takes {years_needed(0.95)} years" in text or f"0.95 至少需 {years_needed(0.95)} 年" in text


def test_both_languages_have_the_same() -> None:
    def levels(page: Path) -> list[str]:
        return [
            f"{marks} {number}" for marks, number in re.findall(r"^(#+) ([\d.]*)", prose(page), re.MULTILINE)
        ]

    def shape(page: Path) -> list[tuple[int, int]]:
        return [(len(table), len(table[0])) for table in tables(page)]

    assert levels(CHINESE) == levels(ENGLISH)
    assert equations(CHINESE) == equations(ENGLISH)
    assert len(equations(ENGLISH)) >= 30
    assert set(inline(CHINESE)) == set(inline(ENGLISH))
    assert shape(CHINESE) == shape(ENGLISH)
    assert CONSTANT.findall(prose(CHINESE)) == CONSTANT.findall(prose(ENGLISH))
    assert set(tokens(prose(CHINESE))) == set(tokens(prose(ENGLISH)))
    assert programs(CHINESE) == programs(ENGLISH)


def programs(page: Path) -> list[str]:
    return PROGRAM.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_hand_calculations_come_out(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = programs(page)
    assert len(shown) >= 4
    for program in shown:
        assert "assert " in program
        exec(compile(program, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES)
def test_equations_are_written_as_github_reads_them(page: Path) -> None:
    text = prose(page)
    assert text.count("$$") == 2 * len(equations(page))
    for equation in (*equations(page), *inline(page)):
        assert not re.search(r"\\[^a-zA-Z ]|[<>*]", equation), equation  # Markdown takes these for its own
        assert equation.count("{") == equation.count("}"), equation
        assert len(re.findall(r"\\left\b", equation)) == len(re.findall(r"\\right\b", equation)), equation
    for match in re.finditer(r"(.?)\$[^$\n]+\$(.?)", EQUATION.sub("", text)):
        before, after = match.groups()
        assert not before or before in " (|-", match[0]  # a formula that touches a word stays text
        assert not after or after in " ),.;:|", match[0]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_part_of_the_package_and_short(page: Path) -> None:
    shipped = importlib.resources.files("waterbal") / page.name
    text = shipped.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (PACKAGE / target).exists(), target
