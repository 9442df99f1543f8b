"""Whether a model is valid at both ends of the range of every uncertain input, before anything is searched."""

from __future__ import annotations

from collections.abc import Sequence

from waterbal.capacity.tornado import Nominal, at_quantile
from waterbal.capacity.trial import Ground
from waterbal.errors import ConfigError, Issue, Message, WaterbalError
from waterbal.model.overrides import Change
from waterbal.scenarios.sampling import Factor
from waterbal.scenarios.study import Study

ENDS = ((0.0, "下限", "low"), (1.0, "上限", "high"))
"""Quantile of each end, and what it is called."""


def check_ends(study: Study, number: int) -> None:
    """Refuse uncertain inputs at an end of whose range the model of a scenario is not valid.

    Parameters
    ----------
    study : Study
        With uncertain inputs.
    number : int
        Scenario; any sample of it will do.

    Raises
    ------
    ConfigError
        With every problem of every input, each with the input and the end.
    """
    nominal = Nominal(study, number, "", 1)
    found = [
        _at_end(factor, changes, issue, zh, en)
        for factor in nominal.factors
        for quantile, zh, en in ENDS
        for changes in [at_quantile(factor, quantile)]
        for issue in _problems(nominal, changes)
    ]
    if found:
        raise ConfigError(found)


def _problems(nominal: Nominal, changes: Sequence[Change]) -> tuple[Issue, ...]:
    """List what is wrong after some changes, as far as it shows before a simulation."""
    try:
        _ = Ground(
            nominal.plain.case(0, edits=changes), 1
        ).question  # drivers and requirements may break, too
    except WaterbalError as error:
        return error.issues
    return ()


def _at_end(factor: Factor, changes: Sequence[Change], issue: Issue, zh: str, en: str) -> Issue:
    """Say at which end of which input a problem is, at the place of the input."""
    values = ", ".join(dict.fromkeys(str(change.value) for change in changes))
    wrong = Issue(issue.message, issue.where, expected=issue.expected, nearest=issue.nearest)
    message = Message(
        f"{factor.name.zh} 取{zh} {values} 时模型不成立：{wrong.said('zh')}",
        f"the model is not valid at the {en} end of {factor.name.en}, {values}: {wrong.said('en')}",
    )
    mark = changes[0].mark
    expected = Message("模型在两端都成立的范围", "a range at both ends of which the model is valid")
    return Issue(message, f"sampling.factors.{factor.id}", mark.file, mark.line, mark.column, expected)
