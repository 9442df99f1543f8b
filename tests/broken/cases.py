"""The table of broken inputs.

Each case edits the files beside this module and says which issues follow. ``at`` is a piece of the edited file
with ``^`` where the issue points; for a CSV file only its line counts; empty where there is no position.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """Edits of the base model and the issues that they cause."""

    id: str
    edits: list[tuple[str, str]]
    """(old, new) text; ``old`` stands exactly once in the file."""
    issues: list[tuple[str, str]]
    """(at, part of the message); in the order of the report."""
    file: str = "base.yaml"
    """File that is edited and that the issues name."""
    error: str = "ConfigError"
    overrides: tuple[str, ...] = field(default=())


def _config(id: str, old: str, new: str, *issues: tuple[str, str]) -> Case:
    return Case(id, [(old, new)], list(issues))


def _data(id: str, old: str, new: str, *issues: tuple[str, str]) -> Case:
    return Case(id, [(old, new)], list(issues), "climate.csv", "DataError")


def _series(id: str, old: str, new: str, *issues: tuple[str, str]) -> Case:
    """Edit what the model says about a series."""
    return Case(id, [(old, new)], list(issues), "base.yaml", "DataError")


def _table(id: str, old: str, new: str, *issues: tuple[str, str]) -> Case:
    return Case(id, [(old, new)], list(issues), "parameters.csv")


FORMAT = [
    _config("tab", "  town: {name: {zh: 城区, en: Town}}", "\ttown: {}", ("^\ttown", "a tab indents this line")),
    _config("duplicate_key", "  farm: {}\n", "  farm: {}\n  farm: {}\n", ("farm: {}\n  ^farm", "key 'farm' is given twice, first in line 9")),
    _config("duplicate_id", "  wells_fields: {", "  intake_lake: {", ("^intake_lake: {from: wells", "key 'intake_lake' is given twice, first in line 66")),
    _config("octal", "until_year: 2030", "until_year: 02030", ("until_year: ^02030", "'02030' is a different number in different programs")),
    _config("infinite", "own_use: 0.05", "own_use: .inf", ("own_use: ^.inf", "'.inf' is not a finite number")),
    _config("tag", "own_use: 0.05", "own_use: !!python/name:os.system 0", ("own_use: ^!!python", "tag '!!python/name:os.system' is not used here")),
    _config("bare_reference", '"@value_added"', "@value_added", ("^@value_added", "a value begins with '@'; expected a reference in quotes")),
    _config("full_width_colon", "own_use: 0.05", "own_use：0.05", ("own_use：0.05\n^", "instead of the full-width")),
    _config("no_space_after_colon", "own_use: 0.05", "own_use:0.05", ("own_use:0.05\n^", "expected a space after ':'")),
    _config("unclosed_list", "months: [3, 4, 5, 6]", "months: [3, 4, 5, 6", ("until_year: 2030^}", "did not find expected ',' or ']'")),
    _config("alias_bomb", "schema_version: 1\n", "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nschema_version: 1\n", ("e: [*d, *d, *d, *d, *d, *d, *d, ^*d, *d, *d]", "aliases stand for more than 100000 values")),
    _config("alias_of_itself", "  farm: {}", "  farm: &f {name: *f}", ("&f {name: ^*f", "alias *f contains itself")),
    _config("two_documents", "zones:\n", "---\nzones:\n", ("^---", "a second document begins")),
]

VERSION = [
    _config("version_missing", "schema_version: 1\n", "", ("^name: {zh: 基准", "key 'schema_version' is missing; expected schema_version: 1")),
    _config("version_newer", "schema_version: 1", "schema_version: 2", ("schema_version: ^2", "schema_version 2 is newer than this waterbal reads")),
    _config("version_older", "schema_version: 1", "schema_version: 0", ("schema_version: ^0", "there is no schema_version 0")),
    _config("version_text", "schema_version: 1", "schema_version: '1'", ("schema_version: ^'1'", "schema_version '1' is not a whole number")),
    _config("version_fraction", "schema_version: 1", "schema_version: 1.0", ("schema_version: ^1.0", "schema_version 1.0 is not a whole number")),
]

NUMBERS = [
    _config("unit_missing", "capacity: 20 万m3/d\n    cost", "capacity: 20\n    cost", ("capacity: ^20\n", "the unit is missing; expected a flow rate such as '20 万m3/d'")),
    _config("unit_of_another_dimension", "norm: 120 L/(person d)", "norm: 120 mm", ("norm: ^120 mm", "'mm' is a depth of water or a length; expected a use per person and day")),
    _config("unit_unknown", "intensity: 9 m3/万元", "intensity: 9 m3/万yuann", ("intensity: ^9", "unknown unit 'yuann'")),
    _config("unit_megametre", "capacity: 4600 万m3", "capacity: 46 Mm3", ("capacity: ^46 Mm3", "'Mm3' is refused because unit libraries read it as (megametre)3")),
    _config("unit_per_month", "capacity: 15 万m3/d", "capacity: 450 万m3/month", ("capacity: ^450", "a month is no unit of time")),
    _config("unit_of_a_fraction", "own_use: 0.05", "own_use: 0.05 m", ("own_use: ^0.05 m", "'m' is a unit, but none belongs here")),
    _config("negative_capacity", "capacity: 15 万m3/d", "capacity: -15 万m3/d", ("capacity: ^-15", "-15 is too small; expected at least 0 1e4 m3/d")),
    _config("fraction_above_one", "instream_share: 0.1", "instream_share: 1.1", ("instream_share: ^1.1", "1.1 is too large; expected at most 1")),
    _config("percent_above_hundred", "instream_share: 0.1", "instream_share: 110 %", ("instream_share: ^110 %", "1.1 is too large")),
    _config("zero_efficiency", "efficiency: 0.66", "efficiency: 0", ("efficiency: ^0", "0 is too small; expected above 0")),
    _config("hysteresis_negative", "hysteresis: 0.2 m", "hysteresis: -0.2 m", ("hysteresis: ^-0.2 m", "-0.2 is too small")),
    _config("list_for_a_number", "hysteresis: 0.2 m", "hysteresis: [0.2 m]", ("hysteresis: ^[0.2", "values by month are not twelve")),
    _config("truth_for_a_number", "hysteresis: 0.2 m", "hysteresis: true", ("hysteresis: ^true", "True is not a number")),
    _config("number_empty", "hysteresis: 0.2 m", "specific_yield_:", ("^specific_yield_:", "unknown key 'specific_yield_'; did you mean 'specific_yield'?")),
    _config("profile_of_eleven", "profile: [0.9, 0.9, 1,", "profile: [0.9, 1,", ("profile: ^[0.9, 1,", "values by month are not twelve")),
    _config("profile_negative", "profile: [0.9, 0.9, 1,", "profile: [0.9, -0.9, 1,", ("profile: ^[0.9, -0.9", "-0.9 is too small; expected at least 0")),
    _config("plan_does_not_add_up", "shares: [0.1, 0.1,", "shares: [0.2, 0.1,", ("shares: ^[0.2", "the twelve values add up to 1.1; expected a sum of 1")),
    _config("grade_of_a_number", "own_use: 0.05", "own_use: {value: 0.05, grade: asumed}", ("^own_use: {value", "grade 'asumed' is unknown; expected one of found, derived, assumed; did you mean 'assumed'?")),
    _config("found_without_source", "own_use: 0.05", "own_use: {value: 0.05, grade: found}", ("^own_use: {value", "a found number has no source")),
    _config("two_forms_of_a_number", "own_use: 0.05", "own_use: {value: 0.05, by_year: {2001: 0.05}}", ("^own_use: {value", "a number has exactly one of value, by_year, by_month, series")),
    _config("key_of_a_number", "own_use: 0.05", "own_use: {valu: 0.05}", ("^own_use: {valu", "unknown key 'valu' in a number; expected one of value, by_year")),
    _config("no_form_for_this_field", "hysteresis: 0.2 m", "hysteresis: {2001: 0.2 m}", ("^hysteresis: {2001", "a number by by_year cannot stand here")),
]

KEYS = [
    _config("unknown_key", "own_use: 0.05", "own_us: 0.05", ("^own_us: 0.05", "unknown key 'own_us'; did you mean 'own_use'?")),
    _config("unknown_key_far_from_all", "own_use: 0.05", "colour: blue", ("^colour", "unknown key 'colour'; expected one of basis, peak_factor, name,")),
    _config("unknown_key_of_a_series", "column: rain, units", "xyz: 1, column: rain, units", ("^xyz: 1", "unknown key 'xyz'; expected one of file, column, kind, units, sheet, gaps, source, grade")),
    _config("unknown_section", "quotas:\n", "qotas:\n", ("^qotas", "unknown key 'qotas'; did you mean 'quotas'?")),
    _config("unknown_type", "type: treatment", "type: treatmnt", ("type: ^treatmnt", "unknown type 'treatmnt'; expected one of treatment, wastewater, junction; did you mean 'treatment'?")),
    _config("type_of_another_section", "type: catchment", "type: treatment", ("type: ^treatment\n    runoff", "unknown type 'treatment'; expected one of river_intake, transfer")),
    _config("type_missing", "    type: catchment\n", "", ("^brook:", "key 'type' is missing; expected one of aquifer, catchment, desalination")),
    _config("key_missing", "    area: 120 km2\n", "", ("^wells:\n    type", "key 'area' is missing; expected Area of the aquifer")),
    _config("key_misspelt_and_missing", "    area: 120 km2\n", "    aera: 120 km2\n", ("^aera: 120", "unknown key 'aera'; did you mean 'area'?")),
    _config("section_missing", "zones:\n", "description: >-\n", ("^schema_version", "key 'zones' is missing; expected Zones by id")),
    _config("mapping_for_text", "en: Base", "en: {a: b}", ("en: ^{a: b}", "is a mapping; expected text")),
    _config("text_for_mapping", "  farm: {}", "  farm: 田", ("farm: ^田", "'田' is text; expected a mapping")),
    _config("yes_is_no_truth_value", "from_year: 2001, until_year: 2030", "fresh: yes", ("fresh: ^yes", "'yes' is text; expected true or false")),
    _config("id_not_ascii", "  farm: {}", "  farm: {}\n  农田: {}", ("^农田", "'农田' is not valid here; expected an ASCII id")),
    _config("id_with_capital", "  farm: {}", "  farm: {}\n  Farm2: {}", ("^Farm2", "'Farm2' is not valid here; expected an ASCII id")),
    _config("id_a_number", "  farm: {}", "  farm: {}\n  7: {}", ("^7: {}", "7 is a number; expected text")),
    _config("step_unknown", "step: month", "step: week", ("step: ^week", "'week' is not valid here; expected 'month', 'dekad' or 'day'")),
    _config("start_not_a_month", "start: 2001-01,", "start: 2001-13,", ("start: ^2001-13", "'2001-13' is not valid here")),
    _config("start_after_end", "end: 2002-12", "end: 2000-12", ("^time:", "the run ends in 2000-12, before it starts in 2001-01")),
    _config("warm_up_unit", "step: month", "step: month, warm_up: 2 weeks", ("^time:", "'2 weeks' is no length of a warm-up")),
    _config("warm_up_too_long", "step: month", "step: month, warm_up: 5 years", ("^time:", "the warm-up is longer than the run")),
    _config("month_13", "months: [3, 4, 5, 6]", "months: [3, 4, 5, 13]", ("^13]", "13 is too large; expected at most 12")),
    _config("reset_month_13", "reset_month: 7", "reset_month: 13", ("reset_month: ^13", "13 is too large; expected at most 12")),
    _config("reserve_mode", "mode: curve", "mode: curved", ("mode: ^curved", "did you mean 'curve'?")),
]

PROVENANCE = [
    Case(
        "no_provenance",
        [("provenance: {source: teaching model, grade: assumed}\n", "")],
        [("", "the number says neither where it comes from nor how firm it is; expected {value: ..., source:")] * 10
        + [("", "and 46 more: the number says neither where it comes from")],
    ),
    _config("provenance_grade", "grade: assumed}", "grade: guessed}", ("grade: ^guessed", "'guessed' is not valid here; expected 'found', 'derived' or 'assumed'")),
]

REFERENCES = [
    _config("reference_unknown", '"@value_added"', '"@value_aded"', ('^"@value_aded"', "parameter 'value_aded' is unknown; did you mean '@value_added'?")),
    _config("reference_without_years", '"@people.{year}"', '"@peple.{year}"', ('^"@peple', "no parameter matches 'peple.{year}'; did you mean '@people.{year}'?")),
    _config("reference_without_months", '"@people.{year}"', '"@people.{month}"', ('^"@people', "no parameter matches 'people.{month}'")),
    _config("reference_of_another_dimension", "norm: 120 L/(person d)", 'norm: "@value_added"', ('norm: ^"@value_added"', "'1e8 yuan' is a value per year or an amount of money (parameter 'value_added' at")),
    _config("parameters_not_a_file_name", "parameters: parameters.csv", "parameters: 3", ("parameters: ^3", "not a file name")),
    _table("table_duplicate_key", "people.2002,21,19,23", "people.2001,21,19,23", ("^people.2001,21", "key 'people.2001' is given twice")),
    _table("table_grade", "1e8 yuan,found,", "1e8 yuan,fund,", ("^value_added", "grade 'fund' is unknown")),
    _table("table_not_a_number", "value_added,40", "value_added,forty", ("^value_added", "value 'forty' is not a number")),
    _table("table_range", "people.2001,20,18", "people.2001,20,28", ("^people.2001", "low 28 is above the value 20")),
    _table("table_found_without_source", "found,yearbook", "found,", ("^value_added", "a found number has no source")),
    _table("table_column", "key,value,low", "key,value,lowest", ("^key,value", "unknown column 'lowest'")),
]

SERIES = [
    _data("gap", "2001,5,56,142,0.8\n", "", ("^2001,6,", "2001-05 is missing before this row")),
    _data("no_value", "2001,5,56,142,0.8", "2001,5,,142,0.8", ("^2001,5,", "'rain' has no value for 2001-05")),
    _data("nan", "2001,5,56,142,0.8", "2001,5,56,NaN,0.8", ("^2001,5,", "'et0' has no value for 2001-05")),
    _data("no_number", "2001,5,56,142,0.8", "2001,5,56,142,x", ("^2001,5,", "'x' is not a number")),
    _data("negative", "2001,5,56,142,0.8", "2001,5,-56,142,0.8", ("^2001,5,", "-56 is negative")),
    _data("no_month", "2001,5,56", "2001,15,56", ("^2001,15,", "'15' is not a month")),
    _data("ragged", "2001,5,56,142,0.8", "2001,5,56,142,0.8,1", ("^2001,5,", "6 cells in a table of 5 columns")),
    _data("column_renamed", "rain,et0", "rian,et0", ("", "column 'rain' is not in the file; expected one of year, month, rian")),
    _data("dates_gone", "year,month,", "jahr,monat,", ("", "the file has no dates")),
    _series("column_unknown", "column: rain", "column: rainn", ("^column: rainn", "climate.csv: column 'rainn' is not in the file; expected one of year, month, rain, et0, runoff; did you mean 'rain'?")),
    _series("units_missing", "column: et0, units: mm,", "column: et0,", ("^et0: {file", "climate.csv: the units are missing; expected units of a depth of water, e.g. 'mm'")),
    _series("units_of_another_kind", "units: m3/s, kind: rate", "units: mm, kind: rate", ("^units: mm, kind: rate", "climate.csv: 'mm' is a depth of water or a length; expected units such as '1e4 m3/d'")),
    _series("units_unknown", "column: rain, units: mm", "column: rain, units: inch", ("^units: inch", "climate.csv: unknown unit 'inch'")),
    _series("file_unknown", "file: climate.csv, column: rain", "file: climat.csv, column: rain", ("^file: climat.csv", "climat.csv: there is no such file; did you mean 'climate.csv'?")),
    _series("years_not_covered", "end: 2002-12", "end: 2003-12, planning_year: 2002", ("^file: climate.csv, column: rain", "climate.csv: the file covers 2001-01 to 2002-12, the run needs 2001-01 to 2003-12")),
    _series("coarser_than_the_run", "step: month", "step: dekad", ("^file: climate.csv, column: rain", "climate.csv: the file has one value per month, the run needs one per dekad")),
]
SERIES += [
    Case(
        "twice", [("2001,5,56,142,0.8\n", "2001,5,56,142,0.8\n2001,5,57,142,0.8\n")],
        [("^2001,5,57", "2001-05 is given twice, first in line 6")], "climate.csv", "DataError",
    ),
    Case(
        "unsorted", [("2001,5,56,142,0.8\n", ""), ("2001,6,80,150,2\n", "2001,6,80,150,2\n2001,5,56,142,0.8\n")],
        [("^2001,5,56", "2001-05 comes after 2001-06; expected rows in order")], "climate.csv", "DataError",
    ),
]  # fmt: skip

OVERRIDES = [
    Case("set_unknown_path", [], [("", "there is no 'plnt' in works; did you mean 'plant'?")], "--set works.plnt.own_use=0", overrides=("works.plnt.own_use=0",)),
    Case("set_unknown_key", [], [("", "unknown key 'own_us'; did you mean 'own_use'?")], "--set works.plant.own_us=0", overrides=("works.plant.own_us=0",)),
    Case("set_wrong_unit", [], [("", "the unit is missing")], "--set sources.intake.capacity=5", overrides=("sources.intake.capacity=5",)),
    Case("set_no_value", [], [("", "no path and value")], "--set works", overrides=("works",)),
    Case("set_unknown_parameter", [], [("", "parameter 'people.2003' is unknown; did you mean")], "--set parameters.people.2003=1", overrides=("parameters.people.2003=1",)),
]

ELEMENTS = [
    _config("two_paths_of_a_demand", "norm: 120 L/(person d)", "norm: 120 L/(person d)\n    need: 3 万m3/d", ("^homes:\n    type", "need and people, norm are two ways to say the same; give one")),
    _config("half_a_path", "    norm: 120 L/(person d)\n", "", ("^homes:\n    type", "norm missing: a demand has either need or people, norm")),
    _config("two_efficiencies", "efficiency: 0.66", "efficiency: 0.66\n    field_efficiency: 0.9", ("^fields:\n    type", "irrigation has either efficiency or field_efficiency")),
    _config("link_to_itself", "from: lake, to: plant}", "from: lake, to: lake}", ("^lake_plant", "the link ends where it starts")),
    _config("link_years", "until_year: 2030", "until_year: 2000", ("^brook_fields", "from_year is after until_year")),
    _config("dead_above_capacity", "dead: 600 万m3", "dead: 5000 万m3", ("^lake:\n    type", "dead storage is above capacity")),
    _config("initial_above_capacity", "initial: 2000 万m3", "initial: 5000 万m3", ("^lake:\n    type", "initial volume is above capacity")),
    _config("reserve_above_capacity", "reserve: {volume: 1500 万m3}", "reserve: {volume: 5000 万m3}", ("^lake:\n    type", "the reserve is above capacity")),
    _config("curve_not_increasing", "volume: 2000 万m3, area: 5", "volume: 5000 万m3, area: 5", ("^lake:\n    type", "the volumes of the curve do not increase from 0")),
    _config("curve_not_from_zero", "volume: 0 m3, area: 0 km2", "volume: 10 m3, area: 0 km2", ("^lake:\n    type", "the volumes of the curve do not increase from 0")),
    _config("curve_of_one_point", "      - {volume: 2000 万m3, area: 5 km2}\n      - {volume: 4600 万m3, area: 6.1 km2}\n", "", ("^- {volume: 0 m3", "a list of 1 is too short; expected a length of at least 2")),
    _config("aquifer_tiers_not_increasing", "{depth: 8 m, factor", "{depth: 5 m, factor", ("^wells:\n    type", "tiers are not in order of increasing depth")),
    _config("aquifer_tier_factors", "factor: 0.5}", "factor: 0.9}", ("^wells:\n    type", "a deeper tier has a larger factor")),
    _config("water_table_below_floor", "initial_depth: 3.5 m", "initial_depth: 13.5 m", ("^wells:\n    type", "initial_depth is below floor_depth")),
    _config("restriction_tiers", "{below: 0.2,", "{below: 0.6,", ("^saving:", "the tiers are not in order of falling storage")),
    _config("quota_member_twice", "of: [intake]", "of: [intake, intake]", ("^river_quota:", "a member of the quota is named twice")),
    _config("quota_of_nothing", "of: [intake]", "of: []", ("of: ^[]", "an empty list is too short; expected a length of at least 1")),
    _config("class_of_both", "{reserve: [lake]}", "{reserve: [lake], demands: [mill]}", ("^{reserve", "an entry has either demands or reserve")),
    _config("sharing_unknown", "sharing: equal_share", "sharing: equal_shares", ("^equal_shares", "'equal_shares' is not valid here; expected 'equal_share', 'equal_volume' or 'first_listed'; did you mean 'equal_share'?")),
    _config("peak_without_basis", "own_use: 0.05", "own_use: 0.05\n    peak_factor: 1.3", ("^plant:\n    type", "basis: max_day and peak_factor belong together")),
    _config("shares_of_tiers", "accepts: [potable]", "tiers: [{label: a, share: 0.6}, {label: b, share: 0.5}]", ("^homes:\n    type", "the shares of the tiers do not add up to 1")),
]

NAMES = [
    _config("link_to_unknown_node", "to: homes}", "to: home}", ("to: ^home}", "'home' is not works, a store or a demand; expected one of plant, lake, homes, mill, fields, reuse; did you mean 'homes'?")),
    _config("link_from_unknown_node", "{from: wells, to", "{from: well, to", ("from: ^well,", "'well' is not a source, store or works")),
    _config("link_from_a_demand", "{from: wells, to", "{from: homes, to", ("from: ^homes,", "'homes' is not a source, store or works")),
    _config("zone_unknown", "zone: farm\n    area: 120", "zone: fram\n    area: 120", ("zone: ^fram", "'fram' is not a zone; expected one of town, farm; did you mean 'farm'?")),
    _config("return_unknown", "{to: reuse, share: 0.8}", "{to: sewer, share: 0.8}", ("to: ^sewer", "'sewer' is not a place that takes returns")),
    _config("return_to_treatment", "{to: reuse, share: 0.8}", "{to: plant, share: 0.8}", ("to: ^plant, share", "'plant' is not a place that takes returns")),
    _config("series_unknown", "runoff: {series: runoff}", "runoff: {series: run_off}", ("^runoff: {series: run_off", "there is no series 'run_off'; expected a name under 'series' (rain, et0, runoff); did you mean 'runoff'?")),
    _config("series_of_another_kind", "runoff: {series: runoff}", "runoff: {series: rain}", ("^runoff: {series: rain", "series 'rain' is of kind 'depth'; expected kind 'rate' or 'volume'")),
    _config("climate_unknown", "climate: {rain: rain, et0: et0}", "climate: {rain: rian, et0: et0}", ("rain: ^rian", "there is no series 'rian'")),
    _config("climate_missing", "climate: {rain: rain, et0: et0}", "climate: {rain: rain}", ("^lake:\n    type", "'lake' depends on the et0 of zone 'town', which is not given"), ("^fields:\n    type", "'fields' depends on the et0 of zone 'farm'")),
    _config("quota_of_an_unknown_source", "of: [intake]", "of: [intak]", ("of: [^intak]", "'intak' is not a source, link or quota; expected one of intake, brook")),
    _config("quota_of_a_demand", "of: [intake]", "of: [homes]", ("of: [^homes]", "'homes' is not a source, link or quota")),
    _config("quota_of_itself", "of: [intake]", "of: [intake, all_quota]", ("of: ^[intake, all_quota]", "quota 'river_quota' contains itself"), ("of: ^[river_quota, wells", "quota 'all_quota' contains itself")),
    _config("plan_of_an_unknown_quota", "of: river_quota", "of: river_qota", ("of: ^river_qota", "'river_qota' is not a quota; expected one of river_quota, all_quota; did you mean 'river_quota'?")),
    _config("priorities_lack_a_demand", "  - {demands: [irrigation]}\n", "", ("^fields:\n    type", "demand 'fields' is in no class of the priority list; expected 'fields' or its type 'irrigation'")),
    _config("priorities_twice", "- {demands: [irrigation]}", "- {demands: [irrigation, homes]}", ("[irrigation, ^homes]", "'homes' is already in the priority list")),
    _config("priorities_unknown", "- {demands: [homes]}", "- {demands: [homes, farms]}", ("[homes, ^farms]", "'farms' is not a demand or type of demand")),
    _config("reserve_unknown", "{reserve: [lake]}", "{reserve: [lak]}", ("^lak]", "'lak' is not a store; expected one of lake; did you mean 'lake'?")),
    _config("reserve_of_a_quota", "{reserve: [lake]}", "{reserve: [river_quota]}", ("reserve: [^river_quota]", "'river_quota' is a quota")),
    _config("reserve_without_curve", "    reserve: {volume: 1500 万m3}\n", "", ("reserve: [^lake]", "store 'lake' has no reserve curve")),
    _config("restriction_of_an_unknown_store", "stores: [lake]", "stores: [lakes]", ("stores: [^lakes]", "'lakes' is not a store")),
    _config("restriction_of_an_unknown_demand", "factors: {mill: 0.9}", "factors: {mil: 0.9}", ("^mil: 0.9", "'mil' is not a demand or type of demand")),
    _config("id_in_two_sections", "works:\n", "works:\n  intake: {type: junction}\n", ("works:\n  ^intake", "'intake' is already the name of one of sources")),
    _config("id_of_a_type", "  mill:\n    type", "  industry: {type: public, zone: town, need: 1 万m3/d}\n  mill:\n    type", ("^industry: {type", "'industry' is the name of a type of demand"), ("^industry: {type", "demand 'industry' is in no class")),
    _config("grade_unknown", "accepts: [potable]", "accepts: [potabel]", ("[^potabel]", "'potabel' is not a water grade under 'grades'; expected one of potable, general, reused; did you mean 'potable'?")),
]

WHOLE = [
    _config("unreachable_demand", "  plant_homes: {from: plant, to: homes}\n", "", ("^homes:\n    type", "demand 'homes' is out of reach: no link leads to it")),
    _config("unreachable_from_any_source", "{from: lake, to: plant}", "{from: plant, to: lake}", ("^homes:\n    type", "demand 'homes' is out of reach: no path leads to it from a source"), ("^mill:\n    type", "demand 'mill' is out of reach")),
    Case(
        "cycle_without_loss",
        [("works:\n", "works:\n  pond: {type: junction}\n"), ("  wells_fields: {", "  pond_lake: {from: pond, to: lake}\n  lake_pond: {from: lake, to: pond}\n  wells_fields: {")],
        [("^pond_lake", "water can go round pond -> lake -> pond without loss")],
    ),
    Case(
        "cycle_of_reuse_without_loss",
        [("recovery: 0.9", "recovery: 1"), ("{to: reuse, share: 0.3}", "{to: reuse, share: 1}"), ("      - {to: outside, share: 0.2}\n", "")],
        [("^reuse_mill", "water can go round reuse -> mill -> reuse without loss")],
    ),
    _config("grade_not_accepted", "{from: reuse, to: mill}", "{from: reuse, to: homes}", ("accepts: ^[potable]", "water of grade 'reused' from 'reuse' can reach 'homes', which does not accept it")),
    _config("returns_above_one", "{to: outside, share: 0.2}", "{to: outside, share: 0.8}", ("^mill:\n    type", "1.1 of what is delivered is returned; expected shares of returns and losses of at most 1")),
    _config("minimum_above_capacity", "capacity: 15 万m3/d, loss", "capacity: 15 万m3/d, minimum: 16 万m3/d, loss", ("minimum: ^16", "the minimum flow is above the capacity, first in the step from 2001-01-01")),
    _config("by_year_does_not_cover_the_run", "own_use: 0.05", "own_use: {2002: 0.05, 2030: 0.04}", ("^own_use: {2002", "values for 2002 to 2030, but the planning years of the run are 2001 to 2002")),
    _config("planning_year_not_covered", "step: month", "step: month, planning_year: 2030", ('^"@people.{year}"', "values for 2001 to 2002, but the planning years of the run are 2030 (parameter 'people.{year}')")),
]

CASES = [*FORMAT, *VERSION, *NUMBERS, *KEYS, *PROVENANCE, *REFERENCES, *ELEMENTS, *NAMES, *WHOLE, *SERIES, *OVERRIDES]
