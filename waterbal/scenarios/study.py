"""A study: one model and the scenarios that a scenario file makes of it, checked before any of them runs."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from waterbal.errors import ConfigError, DataError, Issue, Message, WaterbalError, in_language
from waterbal.model.base import Label
from waterbal.model.check_outages import cut_short
from waterbal.model.draft import Draft, join_issues, read_draft
from waterbal.model.load import Loaded, readable
from waterbal.model.marks import Marks
from waterbal.model.overrides import Change, read_changes
from waterbal.model.parameters import Parameters
from waterbal.model.problems import Problem, place, problems
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.version import version_problem
from waterbal.model.yaml_reader import scan_yaml
from waterbal.scenarios import sampling
from waterbal.scenarios.axes import MAX_SCENARIOS, Axis, Combination, Space, scenario_id, space
from waterbal.scenarios.changes import changes_all, changes_in, conflicts, owned
from waterbal.scenarios.fingerprint import ingredients
from waterbal.scenarios.measures import Balance, Measure, balances, on_top, with_required
from waterbal.scenarios.measures import measures as read_measures
from waterbal.scenarios.measures import problems as measure_problems
from waterbal.scenarios.merge_issues import Findings
from waterbal.scenarios.names import is_result_name
from waterbal.scenarios.sampling import Factor, Plan, Sample, plan
from waterbal.scenarios.spec import Choice, Keep, StudySpec, json_schema

if TYPE_CHECKING:
    from waterbal.api import Case
    from waterbal.hydrology.ensemble import Ensemble
    from waterbal.model.root import Model


@dataclass(frozen=True, eq=False)
class Scenario:
    """One scenario of a study."""

    number: int
    """Position in the study, from 0."""
    id: str
    """ASCII name, unique in the study."""
    name: Label
    """Label in tables and figures."""
    values: Mapping[str, Choice]
    """Axis -> value."""
    edits: tuple[Change, ...]
    """What it changes in the model, in order; the changes that all scenarios share are first."""
    sample: int | None = None
    """Number of the sample of uncertain numbers; None if none are sampled."""
    sampled: Mapping[str, float] = field(default_factory=dict)
    """Sampled factor -> its value, as ``scenarios.sampling.Sample.values`` has it."""

    @property
    def changes(self) -> dict[str, Any]:
        """What it changes: dotted place -> value in order; a place that ends in ``*`` is multiplied."""
        return {change.path + "*" * change.times: change.value for change in self.edits}


@dataclass(frozen=True, eq=False)
class Study:
    """Scenarios of one model; ``load`` makes it."""

    path: Path
    """Scenario file."""
    name: Label
    description: str
    model_path: Path
    axes: tuple[Axis, ...]
    scenarios: tuple[Scenario, ...]
    baseline: int | None
    """Number of the scenario that others are compared with."""
    wanted: int | None
    """Hydrological samples that every scenario is to be run with; None for all that there are."""
    keep: Keep
    """What is kept of every run."""
    overrides: tuple[str, ...]
    """``path=value`` texts from the command line, which all scenarios share."""
    draft: Draft = field(repr=False)
    """The model, read once."""
    factors: tuple[Factor, ...] = ()
    """Sampled uncertain numbers."""
    correlations: tuple[tuple[str, str, float], ...] = ()
    """Two of them and their rank correlation [-]; all others have none."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """What relief is sought among, by id."""
    balances: tuple[Balance, ...] = ()
    """Balances from first to last."""
    _ensembles: dict[str, Ensemble] = field(default_factory=dict, repr=False)
    _cut_short: dict[Message, None] = field(default_factory=dict, repr=False)
    """Outages that last beyond the end of a run."""

    def case(self, number: int, measures: Sequence[str] = (), edits: Sequence[Change] = ()) -> Case:
        """Give the loaded, changed and validated model of one scenario.

        Parameters
        ----------
        number : int
            Number of the scenario.
        measures : sequence of str
            What is done on top of it, with what that requires.
        edits : sequence of Change
            Further changes, after all others.

        Raises
        ------
        ConfigError
            With every problem of the model under this scenario.
        DataError
            With every problem of its series.
        """
        from waterbal.api import case_of

        loaded = self.loaded(number, measures, edits)
        return case_of(loaded, drawn=self._ensemble(loaded))

    def loaded(self, number: int, measures: Sequence[str] = (), edits: Sequence[Change] = ()) -> Loaded:
        """Give the validated model of one scenario, without its series; see ``case``."""
        own = self.scenarios[number].edits
        asked = [self.measures[name] for name in with_required(tuple(measures), self.measures)]
        changes = (*own, *on_top(own, asked), *edits)
        variant = self.draft.variant(changes)
        if variant.model is None:
            raise ConfigError(readable(variant.issues))
        texts = tuple(change.text for change in changes)
        return Loaded(
            variant.model, variant.config, variant.marks, self.draft.path, texts, self.draft.directory
        )

    def ensemble(self, number: int) -> Ensemble:
        """Give the hydrology of a scenario."""
        return self._ensemble(self.loaded(number))

    def _ensemble(self, loaded: Loaded) -> Ensemble:
        """Prepare the series of a model, or take them from a scenario with the same series and steps."""
        from waterbal.api import ensemble_of
        from waterbal.hydrology.typical_notes import demands_of_the_air

        parts = [loaded.config.get(name) for name in ("series", "time", "hydrology")]
        parts.append(demands_of_the_air(loaded.model))  # typical years leave them as they were
        key = json.dumps(parts, default=str)
        if key not in self._ensembles:
            self._ensembles[key] = ensemble_of(loaded)
        return self._ensembles[key]

    def check(self) -> None:
        """Complete and validate the model of every scenario, and read their series.

        Raises
        ------
        ConfigError
            With every problem; one that several scenarios have is told once, with what they have in common.
        DataError
            With every problem of series, if there is no other.
        """
        models, data = self.findings()
        if models:
            raise ConfigError(readable(models))
        if data:
            raise DataError(data)

    def findings(self) -> tuple[list[Issue], list[Issue]]:
        """Give the problems of the models of all scenarios, and those of their series; see ``check``."""
        models, data = Findings(self), Findings(self)
        first: dict[str, list[str]] = {}
        for scenario in self.scenarios:
            variant = self.draft.variant(scenario.edits)
            models.add(scenario.number, variant.issues)
            if variant.model is None:
                continue
            own = elements(variant.model)
            first = first or own
            models.add(scenario.number, self._other_elements(first, own))
            loaded = Loaded(
                variant.model, variant.config, variant.marks, self.draft.path, (), self.draft.directory
            )
            self._cut_short.update(dict.fromkeys(cut_short(variant.model)))
            try:
                self._ensemble(loaded)
            except DataError as error:
                data.add(scenario.number, error.issues)
        baseline = self.baseline or 0
        if self.scenarios:
            models.add(baseline, self._measure_issues(self.scenarios[baseline].edits))
        return join_issues(self.draft.issues, models.issues()), data.issues()

    def _measure_issues(self, edits: tuple[Change, ...]) -> list[Issue]:
        """Give the problems that measures bring to a scenario, each once."""
        own = self.draft.variant(edits).issues
        found = [
            issue for m in self.measures.values() for issue in self.draft.variant((*edits, *m.changes)).issues
        ]
        return [issue for issue in dict.fromkeys(found) if issue not in own]

    @property
    def realizations(self) -> int:
        """Hydrological samples that every scenario is run with; known once it is checked."""
        return self.wanted if self.wanted is not None else self.available() or 1

    def available(self) -> int | None:
        """Give how many realizations every scenario has, None for any number; known once it is checked."""
        sizes = [ensemble.size for ensemble in self._ensembles.values() if ensemble.size is not None]
        return min(sizes, default=None)

    @property
    def notes(self) -> tuple[Message, ...]:
        """What whoever runs the scenarios must not miss; known once they are checked."""
        found = dict.fromkeys(note for ensemble in self._ensembles.values() for note in ensemble.notes)
        return (*found, *self._cut_short)

    def _other_elements(self, first: Mapping[str, list[str]], own: Mapping[str, list[str]]) -> list[Issue]:
        """Report elements or steps that are not those of the first scenario: results share their dimensions."""
        expected = Message(
            "各方案相同；尚未建成的写 'from' 年份或规模 0",
            "the same in all scenarios; what is not there has a 'from' year or capacity 0",
        )
        issues = []
        for section, names in own.items():
            odd = sorted(set(names) ^ set(first[section])) or ([] if names == first[section] else names)
            if odd:
                message = Message(
                    f"{section} 与第一个方案不同：{', '.join(odd[:5])}",
                    f"other {section} than in the first scenario: {', '.join(odd[:5])}",
                )
                issues.append(Issue(message, file=str(self.path), expected=expected))
        return issues

    def coordinates(self) -> dict[str, npt.NDArray[Any]]:
        """Give what each scenario is; ndarray (scenario) by axis, then ``sample`` and the sampled factors."""
        found: dict[str, npt.NDArray[Any]] = {
            axis.id: np.array([scenario.values[axis.id] for scenario in self.scenarios]) for axis in self.axes
        }
        if self.factors:
            found["sample"] = np.array([scenario.sample for scenario in self.scenarios], dtype=np.int32)
        for factor in self.factors:
            found[factor.id] = np.array([scenario.sampled[factor.id] for scenario in self.scenarios])
        return found

    def fingerprint(self) -> str:
        """Give a hash of everything that decides results."""
        content = json.dumps(self.ingredients(), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def ingredients(self) -> dict[str, Any]:
        """Give a hash of each thing that decides results, by file for data, so that it can be said what has changed."""
        return ingredients(self)


def elements(model: Model) -> dict[str, list[str]]:
    """Name what gives results their dimensions."""
    sections = ("sources", "stores", "works", "links", "demands", "quotas", "drought")
    found = {
        section: [" ".join((id, getattr(element, "type", ""))).strip() for id, element in group.items()]
        for section, group in ((section, getattr(model, section)) for section in sections)
    }
    time = model.time
    return found | {"steps": [f"{time.step} from {time.start} to {time.end}"]}


def load(path: str | Path, overrides: Sequence[str] = (), *, check: bool = True) -> Study:
    """Read a scenario file and its model, and check every scenario.

    Parameters
    ----------
    path : str or Path
        Scenario file (YAML).
    overrides : sequence of str
        ``path=value`` texts that change the model in all scenarios, after ``base`` and before the axes.
    check : bool
        Whether the model of every scenario is validated; without it only the files themselves are.

    Raises
    ------
    ConfigError
        With every problem of the scenario file and of the model in any scenario.
    DataError
        With every problem of series.
    """
    file = str(path)
    config, marks, issues = scan_yaml(
        decode(read_bytes(path), file), file, Message("某模型的情景", "scenarios of a model")
    )
    version = version_problem(config)
    if version is not None:
        raise ConfigError([*issues, place(version, marks)])
    if "demands" in config and "model" not in config:
        _, line, column = marks.place(("demands",))
        message: str = Message("这是模型文件，不是情景文件", "this is a model file, not a scenario file")
        expected = Message(
            "含 `model` 和 `axes` 的文件；模型由 `waterbal run` 计算",
            "a file with `model` and `axes`; `waterbal run` runs a model",
        )
        raise ConfigError(Issue(message, file=file, line=line, column=column, expected=expected))
    try:
        spec = StudySpec.model_validate(config)
    except ValidationError as error:
        found = [place(problem, marks) for problem in problems(error, config, json_schema())]
        issues = join_issues(join_issues(issues, found), _of_model(Path(path), config, marks))
        raise ConfigError(readable(issues)) from None
    draft = None
    try:
        draft = read_draft(_beside(Path(path), spec.model))
    except WaterbalError as error:
        issues = join_issues(issues, _no_model(error, spec.model, marks))
    table = draft.table if draft is not None else {}
    made = space(spec, marks, is_result_name)
    drawn = plan(spec, marks, table) if spec.sampling is not None else Plan()
    wrong = made.problems + _names_twice(made, drawn) + drawn.problems + list(measure_problems(spec))
    wrong += conflicts([*owned(made.axes), *sampling.owned(drawn.factors)], table)
    samples = drawn.samples or (None,)
    if len(made.combinations) * len(samples) > MAX_SCENARIOS:
        message = Message(
            f"取值组合 {len(made.combinations):,} 个，各有样本 {len(samples):,} 个，总数太多",
            f"{len(made.combinations):,} combinations of values with {len(samples):,} samples each are too many",
        )
        wrong.append(
            Problem(
                ("sampling", "size"),
                message,
                Message(f"不超过 {MAX_SCENARIOS:,} 个方案", f"at most {MAX_SCENARIOS:,} scenarios"),
            )
        )
        made.combinations.clear()
    issues = join_issues(issues, [place(problem, marks) for problem in wrong])
    extra, of_overrides = read_changes(overrides)
    issues += of_overrides + _overridden(extra, made, drawn, table)
    if draft is None:
        raise ConfigError(readable(issues))
    shared = (*changes_in(spec.base, ("base",), marks, [spec.provenance]), *extra)
    scenarios = tuple(
        _scenario(number, one, sample, made, shared)
        for number, (one, sample) in enumerate(itertools.product(made.combinations, samples))
    )
    baseline = None if made.baseline is None else made.baseline * len(samples)
    study = Study(
        Path(path), spec.name, spec.description, draft.path, made.axes, scenarios, baseline,
        spec.realizations, spec.keep, tuple(overrides), draft, drawn.factors, drawn.correlations,
        read_measures(spec, marks), balances(spec),
    )  # fmt: skip
    models, data = study.findings() if check else (draft.issues, [])
    if issues or models:
        raise ConfigError(readable(join_issues(join_issues(issues, models), data)))
    if data:
        raise DataError(data)
    return study


def _scenario(
    number: int, one: Combination, sample: Sample | None, made: Space, shared: tuple[Change, ...]
) -> Scenario:
    """Number and name a combination of values with a sample."""
    edits = shared + tuple(change for value in one.values for change in value.changes)
    several = [value for value, axis in zip(one.values, made.axes, strict=True) if len(axis.values) > 1]
    names = [one.name] if one.name else [value.name for value in several or one.values]
    id = scenario_id(one)
    if sample is not None:
        edits += sample.changes
        id = f"{id}-s{sample.number}".lstrip("-")
        names = [*names, Label(zh=f"样本 {sample.number}", en=f"sample {sample.number}")]
    label = Label(zh="、".join(name.zh for name in names), en=", ".join(name.en for name in names))
    values = {axis.id: value.value for axis, value in zip(made.axes, one.values, strict=True)}
    return Scenario(
        number, id, label, values, edits,
        sample.number if sample is not None else None, sample.values if sample is not None else {},
    )  # fmt: skip


def _names_twice(made: Space, drawn: Plan) -> list[Problem]:
    """Report factors that have the name of an axis or of results."""
    own = {axis.id for axis in made.axes}
    found = []
    for id in (factor.id for factor in drawn.factors):
        taken = (
            Message("维度", "an axis")
            if id in own
            else Message("成果中的维度或变量", "a dimension or variable of results")
            if is_result_name(id)
            else ""
        )
        if taken:
            message = Message(
                f"{id!r} 已是{in_language(taken, 'zh')}的名称", f"{id!r} is the name of {taken}"
            )
            found.append(
                Problem(
                    ("sampling", "factors", id), message, Message("换一个名称", "another name"), at_key=True
                )
            )
    return found


def _overridden(extra: Sequence[Change], made: Space, drawn: Plan, table: Parameters) -> list[Issue]:
    """Report command-line changes that an axis or a sample would undo."""
    issues = []
    for owner, _, change in [*owned(made.axes), *sampling.owned(drawn.factors)]:
        for own in extra if not change.times else ():
            if changes_all(change, own, table):
                message = Message(
                    f"{in_language(owner, 'zh')}在其各方案中设定 {change.path}",
                    f"{owner} sets {change.path} in its scenarios",
                )
                issues.append(
                    own.issue(message, Message("没有维度会改变的位置", "a place that no axis changes"))
                )
    return list(dict.fromkeys(issues))


def _beside(path: Path, model: str) -> Path:
    """Give the path of the model without detours, unless a link on the way makes that another file."""
    named = path.parent / model
    plain = Path(os.path.normpath(named))
    return plain if plain.exists() and named.exists() and plain.samefile(named) else named


def _of_model(path: Path, config: Mapping[Any, Any], marks: Marks) -> list[Issue]:
    """Tell what no scenario could mend in the model of a scenario file that is itself wrong."""
    model = config.get("model")
    if not isinstance(model, str):
        return []
    try:
        return read_draft(_beside(path, model)).issues
    except WaterbalError as error:
        return _no_model(error, model, marks)


def _no_model(error: WaterbalError, model: str, marks: Marks) -> list[Issue]:
    """Point at the line that names the model where its file cannot be read."""
    file, line, column = marks.place(("model",))
    return [
        issue
        if issue.line
        else replace(
            issue,
            message=Message(f"{model}：", f"{model}: ") + issue.message,
            where="model",
            file=file,
            line=line,
            column=column,
        )
        for issue in error.issues
    ]
