"""What a capacity is judged by, in Chinese and English: rates, depths, levels, loads, limits, how they count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from waterbal.api import Case
from waterbal.capacity.question import UNITS, Limit, Question, last
from waterbal.capacity.search import FAR, Options
from waterbal.model.base import Label, label
from waterbal.model.capacity import ReceivingWater
from waterbal.model.root import Model
from waterbal.model.rows import RequirementRow, Rows
from waterbal.model.setting import context_of
from waterbal.network.requirements import RATED, misses
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import DRIVER_UNITS, SECTORS, Term, in_units

Told = dict[str, str]
"""Language -> text."""
STOPS = {"zh": "；", "en": "; "}
MILLIGRAMS = 1e6 / 1e3
"""[mg/L] of 1 kg/m3."""
NEVER = ("annual_depth", "step_depth", "aquifer_depth", "load")
"""Kinds of requirements that no year of a record may miss."""


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Write a number of things in English: 1 record, 2 records."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def target(rows: Rows) -> Told:
    """Tell the guarantee of every sector, with the shortage of a year that it tolerates, and its failure depth."""
    parts: dict[str, dict[tuple[float, float, float], None]] = {}
    for row in rows.demands:
        if row.guarantee > 0.0 or row.failure_depth < 1.0:
            parts.setdefault(row.kind, {})[row.guarantee, row.tolerance, row.failure_depth] = None

    def text(language: str) -> str:
        told = []
        for kind, asked in parts.items():
            name = getattr(SECTORS.get(kind, Term(kind, kind)), language)
            ways = " / ".join(_asked(*one, language) for one in sorted(asked))
            told.append(f"{name} {ways}")
        return STOPS[language].join(told)

    return {language: text(language) for language in STOPS}


def _asked(rate: float, tolerance: float, depth: float, language: str) -> str:
    """Tell the rate of good years of a demand, what may be short in one, and the depth that no year may pass."""
    told = [_rate(rate, tolerance, language)] if rate > 0.0 else []
    if depth < 1.0:
        told.append(_depth(depth, "annual_depth", language))
    return ("，" if language == "zh" else ", ").join(told)


def _rate(rate: float, tolerance: float, language: str) -> str:
    """Tell the rate of good years, and the shortage that leaves a year good."""
    told = f"{100 * rate:g} %"
    if tolerance > 0.0:
        share = f"{100 * tolerance:g} %"
        told += (
            f"（年缺水不超过 {share} 不算破坏）" if language == "zh" else f" (a year may be short of {share})"
        )
    return told


def _depth(share: float, kind: str, language: str) -> str:
    """Tell the largest share that may be short in any year or step."""
    told = f"{100 * share:g} %"
    if language == "zh":
        return f"任一{'年' if kind == 'annual_depth' else '时段'}缺水不超过 {told}"
    return f"no {'year' if kind == 'annual_depth' else 'step'} short of more than {told}"


def requirements(case: Case, question: Question) -> dict[str, Told]:
    """Tell the requirements on groups of demands, the levels of groundwater and the waters that take effluent.

    Parameters
    ----------
    case : Case
        The future.
    question : Question
        What was asked of it.
    """
    sectors = {row.id: SECTORS.get(row.kind, Term(row.kind, row.kind)) for row in case.rows().demands}
    groups = [item for item in question.requirements if item.id.startswith("capacity.requirements.")]
    levels = [item for item in question.requirements if item.kind == "aquifer_depth"]
    called = Labels.from_config(case.loaded.config).elements
    return {
        "requirements": {lang: _groups(groups, question, sectors, lang) for lang in STOPS},
        "levels": {
            lang: STOPS[lang].join(
                f"{_level(question.names[item.id], item.members[0][0], called, lang)} "
                + (f"埋深不超过 {item.limit:g} m" if lang == "zh" else f"no deeper than {item.limit:g} m")
                for item in levels
            )
            for lang in STOPS
        },
        "waters": _waters(case, question),
    }


def _groups(
    items: Sequence[RequirementRow], question: Question, sectors: Mapping[str, Term], language: str
) -> str:
    told: dict[tuple[str, ...], list[str]] = {}
    for item in items:
        name = str(getattr(question.names[item.id], language))
        members = tuple(dict.fromkeys(str(getattr(sectors[id], language)) for id, _ in item.members))
        if item.kind in RATED:
            tolerance = max((share for _, share in item.members), default=0.0)
            way = _rate(item.rate, tolerance if item.kind == "annual" else 0.0, language)
            by = {"annual": ("年保证率", "of years"), "step": ("时段保证率", "of steps")}[item.kind]
            way = f"{by[0]} {way}" if language == "zh" else way.replace(" %", f" % {by[1]}", 1)
        else:
            way = _depth(item.limit, item.kind, language)
        told.setdefault((name, *members), []).append(way)
    comma = "、" if language == "zh" else ", "
    brackets = "（{}）" if language == "zh" else " ({})"
    return STOPS[language].join(
        f"{name}{brackets.format(comma.join(members))} {comma.join(ways)}"
        for (name, *members), ways in told.items()
    )


def _waters(case: Case, question: Question) -> Told:
    spec = case.model.capacity
    told: dict[str, list[str]] = {"zh": [], "en": []}
    context = context_of(case.model, case.series, case.reference)
    waters: Mapping[str, ReceivingWater] = {} if spec is None else spec.receiving_waters
    for id, water in waters.items():
        name = question.names[f"capacity.receiving_waters.{id}"]
        flow = last(water.design_flow, context)
        standard, background = (
            MILLIGRAMS * last(number, context) for number in (water.standard, water.background)
        )
        passing = {id: MILLIGRAMS * last(number, context) for id, number in water.untreated.items()}
        untreated = {language: _passing(case.model, passing, language) for language in told}
        told["zh"].append(
            f"{name.zh} 混合后不超过 {standard:g} mg/L（设计流量 {flow:g} 万m³/d，背景 {background:g} mg/L"
            f"{untreated['zh']}）"
        )
        told["en"].append(
            f"{name.en} at most {standard:g} mg/L once mixed (design flow {flow:g} × 10^4 m3/d of {background:g} mg/L"
            f"{untreated['en']})"
        )
    return {language: STOPS[language].join(parts) for language, parts in told.items()}


def _passing(model: Model, passing: Mapping[str, float], language: str) -> str:
    """Tell what concentration by-passes have; nothing where none can be."""
    if not passing:
        return ""
    elements = {**model.sources, **model.works}
    named = ("、" if language == "zh" else ", ").join(
        f"{label(id, elements[id].name, language)} {content:g} mg/L" for id, content in passing.items()
    )
    return f"，超出处理能力而未处理者 {named}" if language == "zh" else f", untreated by-pass of {named}"


def limits(question: Question) -> Told:
    """Tell the limits that are not water."""
    return {
        language: STOPS[language].join(_limit(limit, question, language) for limit in question.limits)
        for language in STOPS
    }


def _limit(limit: Limit, question: Question, language: str) -> str:
    """Tell a limit with what it limits, or what it limits per unit of another driver."""
    (id, sign), *per = limit.weights.items()
    driver = question.drivers[id]
    name, what = getattr(limit.name, language), getattr(driver.name, language)
    unit = str(getattr(DRIVER_UNITS[UNITS[driver.kind]], language))
    value, over = sign * limit.bound, ""
    for other, weight in per:
        value = -sign * weight
        below = question.drivers[other]
        over = f"/{getattr(DRIVER_UNITS[UNITS[below.kind]], language)}"
    than = "≤" if sign > 0.0 else "≥"
    return f"{name} {what} {than} {in_units(f'{value:,.4g}', unit)}{over}"


def judged(case: Case) -> Told:
    """Tell which requirements count along a direction that is judged by some demands only.

    Parameters
    ----------
    case : Case
        The future.
    """
    told: dict[str, list[str]] = {"zh": [], "en": []}
    spec = case.model.capacity
    for id, direction in ({} if spec is None else spec.directions).items():
        if direction.judged_by is None:
            continue
        for language, comma in (("zh", "、"), ("en", ", ")):
            name = label(id, direction.name, language)
            users = comma.join(_user(one, case, language) for one in direction.judged_by)
            told[language].append(
                f"{name}：只计{users}的要求，以及地下水位和受纳水体"
                if language == "zh"
                else f"{name}: those of {users} only, and levels and waters"
            )
    whole = {"zh": "各方向均计上列全部要求", "en": "all requirements count along every direction"}
    rest = {"zh": "其余方向计上列全部要求", "en": "all requirements along every other direction"}
    return {
        language: STOPS[language].join([*parts, rest[language]]) if parts else whole[language]
        for language, parts in told.items()
    }


def _user(id: str, case: Case, language: str) -> str:
    """Name a demand, or a type of demand."""
    if id in case.model.demands:
        return label(id, case.model.demands[id].name, language)
    return str(getattr(SECTORS.get(id, Term(id, id)), language))


def together(question: Question, realizations: int, years: int) -> Told:
    """Tell the rule by which the years of all records are judged together.

    Parameters
    ----------
    question : Question
        What was asked.
    realizations : int
        Records.
    years : int
        Complete years of a record.
    """
    if realizations < 2:
        return {"zh": "", "en": ""}
    total = years * realizations
    zh = f"全部样本的 {total} 年合在一起判别，保证率按 m / (n + 1)"
    en = f"the {counted(total, 'year')} of all records are judged as one, rates by m / (n + 1)"
    if any(item.kind in NEVER for item in question.requirements):
        may = int(misses(total, years / (years + 1.0)))
        zh += f"；{years} 年系列中不许发生的（破坏深度、埋深、负荷），合计中每 {years + 1} 年可发生一次，此处 {may} 次"
        en += (
            f"; what may not happen in a record of {counted(years, 'year')} (depth, level, load) may happen once in "
            f"{years + 1} years of all of them, here {counted(may, 'time')}"
        )
    return {"zh": zh, "en": en}


def search(options: Options) -> Told:
    """Tell how closely the scale was searched, and how many scales were tried besides."""
    below, above = options.audit_below, options.audit_above
    closely = f"{options.tolerance:g}"
    if not below and not above:
        zh, en = (
            f"精确到规划的 {closely}；未另试算其他规模",
            f"to {closely} of the plan; no other scales tried",
        )
        return {"zh": zh, "en": en}
    zh = f"精确到规划的 {closely}；另试算其下 {below} 个、其上（至多再高一半）{above} 个规模"
    en = (
        f"to {closely} of the plan; {counted(below, 'scale')} below and {above} above it, up to half as much again, "
        "tried as well"
    )
    if below and above:
        above = 2 * above  # which reach half as much again
        far = f"{FAR:g}"
        zh += (
            f"（比它的 1/{below} 更窄的其下失效区间、比 1/{above} 更窄的其上又成立区间可能看不到；"
            f"超过规划 {far} 倍的，一半在规划以内、一半在其外按等比试算，看不到的区间更宽）"
        )
        en += (
            f" (a gap below narrower than 1/{below} of it, or a window above narrower than 1/{above}, may be missed; "
            f"above {far} times the plan half of them lie up to the plan, half in equal ratios beyond, so that wider "
            "ones may be)"
        )
    return {"zh": zh, "en": en}


def _level(name: Label, id: str, called: Mapping[str, Term], language: str) -> str:
    """Name an aquifer: as the requirement does, else as the model."""
    own = getattr(name, language)
    return str(own if own != id else getattr(name_of(id, called), language))
