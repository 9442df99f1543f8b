"""Every text for users that the source writes in English alone, found by reading the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROBLEMS = {"Issue": 5, "Problem": 2}
"""What a problem is made with -> at which position its expectation is."""
REFUSALS = {
    "issue": (0, 1),
    "refuse": (1, 2),
    "_stop": (1, 2),
    "stop": (0, 2),
    "_refusal": (1, 2),
    "row_issue": (2, 3),
    "_refuse_use": (1,),
    "_refuse_licence": (1,),
}
"""What makes a problem in the end -> positions of its message and expectation."""
ERRORS = ("UsageError", "ConfigError", "DataError", "InfeasibleError", "BalanceError", "WaterbalError")
FOUND = 4
"""Parts of a problem that a check of a model gives: path, message, expectation, nearest name."""
SAYS = ("stage", "note")
"""What tells how work goes on."""
NOTES = ("notes", "remarks", "warnings", "left_out", "not_kept")
"""Lists of what must not be missed, by how their names end; so are called what gives them."""
PRINTED = ("waterbal",)
"""Words that are printed in both languages."""
CHINESE = re.compile(r"[\u3400-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,} ?[a-z]{2,}|^[a-z]{3,}$")
CODE = re.compile(
    r"[\w.:*/{}\[\],'=<>$-]+|--\S+ \S+|pip install \S+|schema_version: |quality: .*|\['from', 'to'\]|--scenario ''=0"
)
"""A name, an option or a value as it is typed, which is the same in both languages."""


def english_alone(path: Path) -> Iterator[tuple[int, int, str]]:
    """Give the texts of problems in a module that have no Chinese, with their lines."""
    text = path.read_text(encoding="utf-8")
    found = "Found = tuple[" in text
    said = (*PROBLEMS, *REFUSALS, *ERRORS, *SAYS, "validator", "print")
    if not found and not any(f"{name}(" in text for name in said) and not any(name in text for name in NOTES):
        return
    tree = ast.parse(text)
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef):
            named = _assigned(scope)
            errors = ("ValueError",) if _is_validator(scope) else ()
            for call in ast.walk(scope):
                if found and isinstance(call, ast.Tuple) and len(call.elts) == FOUND:
                    for part in call.elts[1:3]:
                        yield from _plain(part, named)
                if isinstance(call, ast.Call):
                    for part in _told(call, errors):
                        yield from _plain(part, named)
                    if isinstance(call.func, ast.Name) and call.func.id == "print":
                        for part in call.args:
                            yield from _shown(part, named)
                for part in _noted(call, scope):
                    yield from _shown(part, named)


def summed_up(path: Path, *functions: str) -> Iterator[tuple[int, str]]:
    """Give the plain names and values of what functions sum up, with their lines.

    Parameters
    ----------
    path : Path
        Module.
    functions : str
        Names of functions whose dicts are printed.
    """
    for scope in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(scope, ast.FunctionDef) or scope.name not in functions:
            continue
        for node in ast.walk(scope):
            parts: list[ast.expr | None] = []
            if isinstance(node, ast.Dict):
                parts = [*node.keys, *node.values]
            elif isinstance(node, ast.Assign):
                parts = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
                parts.append(node.value)
            for part in parts:
                branches = [part.body, part.orelse] if isinstance(part, ast.IfExp) else [part]
                for text in branches:
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        yield text.lineno, text.value
                    elif isinstance(text, ast.JoinedStr):
                        yield text.lineno, _constant(text)


def _noted(node: ast.AST, scope: ast.FunctionDef) -> Iterator[ast.expr]:
    """Give what goes into a list of notes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
        if _is_list(node.func.value):
            yield from node.args
        return
    if isinstance(node, ast.AugAssign):
        kept = _is_list(node.target)
    elif isinstance(node, ast.Assign):
        kept = any(map(_is_list, node.targets))
    elif isinstance(node, ast.keyword):
        kept = (node.arg or "").endswith(NOTES)
    else:
        kept = isinstance(node, ast.Return) and scope.name.endswith(NOTES)
    value = getattr(node, "value", None)
    if kept and value is not None:
        yield value


def _constant(part: ast.JoinedStr) -> str:
    """Give what stands between the braces of a text."""
    return "".join(str(v.value) for v in part.values if isinstance(v, ast.Constant))


def _is_list(target: ast.expr) -> bool:
    """Tell whether an expression names a list of notes."""
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return str(name).endswith(NOTES)


def _shown(part: ast.expr, named: dict[str, list[ast.expr]]) -> Iterator[tuple[int, int, str]]:
    """Give the plain texts in what is printed or noted: of lists, sums, joins and what stands in braces, too."""
    if isinstance(part, ast.IfExp) and "'zh'" in ast.unparse(part.test):
        return
    inner: list[ast.expr] = []
    if isinstance(part, ast.BinOp):
        inner = [part.left, part.right]
    elif isinstance(part, ast.IfExp):
        inner = [part.body, part.orelse]
    elif isinstance(part, ast.List | ast.Tuple):
        inner = part.elts
    elif isinstance(part, ast.ListComp | ast.GeneratorExp):
        inner = [part.elt]
    elif isinstance(part, ast.Starred):
        inner = [part.value]
    elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "join":
        inner = part.args
    elif isinstance(part, ast.JoinedStr):
        inner = [value.value for value in part.values if isinstance(value, ast.FormattedValue)]
    for one in inner:
        yield from _shown(one, named)
    if not isinstance(part, ast.BinOp | ast.IfExp):
        for line, column, text in _plain(part, named):
            if not CHINESE.search(text) and text.strip(" :") not in PRINTED:
                yield line, column, text


def _assigned(scope: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            pairs = [(node.target, node.value)]
        for target, value in pairs:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs += list(zip(target.elts, value.elts, strict=False))
            elif isinstance(target, ast.Name) and value is not None:
                found.setdefault(target.id, []).append(value)
    return found


def _is_validator(scope: ast.FunctionDef) -> bool:
    """Tell whether a function checks a part of a model: the text of its ValueError is what the user reads."""
    return any("validator" in ast.unparse(one) for one in scope.decorator_list)


def _told(call: ast.Call, errors: tuple[str, ...]) -> Iterator[ast.expr]:
    """Give what a call tells the user."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in PROBLEMS:
        place = 1 if name == "Problem" else 0
        yield from call.args[place : place + 1]
        yield from call.args[PROBLEMS[name] : PROBLEMS[name] + 1]
        yield from (word.value for word in call.keywords if word.arg in ("message", "expected"))
    elif name in REFUSALS:
        yield from (call.args[place] for place in REFUSALS[name] if place < len(call.args))
    elif name in SAYS:
        yield from call.args[:2]
    elif name in ERRORS or name in errors:
        yield from call.args[:1]


def _plain(part: ast.expr, named: dict[str, list[ast.expr]], deep: int = 3) -> Iterator[tuple[int, int, str]]:
    """Give the plain texts that an expression may be."""
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        text = part.value
    elif isinstance(part, ast.JoinedStr):
        text = _constant(part)
    elif isinstance(part, ast.IfExp):
        yield from _plain(part.body, named, deep)
        yield from _plain(part.orelse, named, deep)
        return
    elif isinstance(part, ast.BinOp):
        yield from _plain(part.left, named, deep)
        return
    elif isinstance(part, ast.Name) and deep:
        for value in named.get(part.id, ()):
            yield from _plain(value, named, deep - 1)
        return
    else:
        return
    if ENGLISH.search(text) and not CODE.fullmatch(text):
        yield part.lineno, part.col_offset, text
