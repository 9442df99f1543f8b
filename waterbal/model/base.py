"""Base of every part of a model: strict, frozen, and heir to the provenance of what contains it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    model_validator,
)

Grade = Literal["found", "derived", "assumed"]
"""How firm a number is: found in a source, derived from such, or assumed."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""ASCII name of an element: lower-case letters, digits and underscores."""
Month = Annotated[int, Field(ge=1, le=12)]
"""Calendar month."""
Year = Annotated[int, Field(ge=1800, le=2300)]
"""Calendar year."""

_inherited: ContextVar[tuple[str, str]] = ContextVar("inherited", default=("", ""))


def inherited_provenance() -> tuple[str, str]:
    """Give source and grade of the innermost part being validated; empty if none states them."""
    return _inherited.get()


@contextmanager
def inherit(given: Any) -> Iterator[None]:
    """Let numbers below take source and grade from a ``provenance`` mapping."""
    if not isinstance(given, dict):
        yield
        return
    source, grade = _inherited.get()
    token = _inherited.set((str(given.get("source", source)), str(given.get("grade", grade))))
    try:
        yield
    finally:
        _inherited.reset(token)


class Strict(BaseModel):
    """A part of a model: unknown keys are refused, nothing is converted silently, nothing changes later."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, populate_by_name=False
    )

    @model_validator(mode="wrap")
    @classmethod
    def _hand_down(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        with inherit(data.get("provenance") if isinstance(data, dict) else None):
            return handler(data)

    def unwritten(self) -> tuple[str, ...]:
        """Name fields whose key a file does not write, because the form of the value tells them apart."""
        return ()


class Provenance(Strict):
    """Where the numbers below come from, unless they say so themselves."""

    source: str = ""
    """Document, data set or reasoning."""
    grade: Grade
    """``found``, ``derived`` or ``assumed``."""


class Label(Strict):
    """Name in both languages."""

    zh: str
    """Chinese."""
    en: str
    """English."""


class Element(Strict):
    """What every element has."""

    name: Label | None = None
    """Label in tables and figures; the id where it is missing."""
    note: str = ""
    """Remark for readers of the file."""
    provenance: Provenance | None = None
    """Source and grade of the numbers of this element that state none."""


def label(identifier: str, name: Label | None, language: str = "en") -> str:
    """Give the label of an element in a language, or its id."""
    if name is None:
        return identifier
    return name.zh if language == "zh" else name.en
