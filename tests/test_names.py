"""What is called what where a model gives no name."""

from __future__ import annotations

from waterbal.results.names import Labels, name_of, series_names
from waterbal.results.terms import Term

CONFIG = {
    "name": {"zh": "城", "en": "City"},
    "zones": {"hills": {"name": {"zh": "山区", "en": "Hills"}, "climate": {"rain": {"series": "wet"}}}},
    "climate": {"rain": "gauge", "et0": {"series": "pan"}},
    "series": {
        "gauge": {"file": "a.csv", "kind": "depth"},
        "wet": {"file": "a.csv", "kind": "depth"},
        "pan": {"file": "a.csv", "kind": "depth"},
        "flow": {"kind": "seasonal_lognormal"},
        "spare": {"file": "a.csv", "kind": "factor"},
    },
    "sources": {
        "river": {"name": {"zh": "大河", "en": "River"}, "flow": {"series": "flow", "grade": "found"}},
        "well": {"name": {"zh": "水井", "en": "Wells"}},
        "canal": {},
    },
    "demands": {"farms": {"name": {"zh": "农田", "en": "Farms"}}},
    "links": {
        "one": {"from": "river", "to": "farms"},
        "two": {"from": "well", "to": "farms"},
        "again": {"from": "well", "to": "farms"},
        "bare": {"from": "canal", "to": "outside"},
        "called": {"name": {"zh": "东渠", "en": "East canal"}, "from": "canal", "to": "farms"},
    },
    "quotas": {
        "well_permit": {"of": ["well"]},
        "district": {"of": ["well_permit", "river"]},
        "all": {"of": ["well", "river", "canal", "one"]},
        "named": {"name": {"zh": "总量", "en": "Cap"}, "of": ["river"]},
        "broken": {"of": "river"},
    },
}


def test_links_and_quotas_are_called_after_what_they_serve():
    known = Labels.from_config(CONFIG).elements
    assert known["one"] == Term("大河 → 农田", "River → Farms")
    assert known["two"] == Term("水井 → 农田 [two]", "Wells → Farms [two]")
    assert known["again"].en == "Wells → Farms [again]"
    assert known["bare"] == Term("canal → 系统外", "canal → Outside")
    assert known["called"].zh == "东渠" and known["named"].en == "Cap"
    assert known["well_permit"] == Term("水井取水许可", "Wells: permit")
    assert known["district"] == Term("水井取水许可、大河用水指标", "Wells: permit, River: quota")
    assert known["all"] == Term("水井等 4 处用水指标", "Wells and 3 more: quota")
    assert name_of("broken", known).en == "broken"  # nothing can be said of it


def test_series_are_called_after_what_uses_them():
    called = series_names(CONFIG)
    assert called["gauge"] == Term("降水", "Rain")
    assert called["wet"] == Term("山区降水", "Hills: Rain")
    assert called["pan"].en == "Reference evapotranspiration"
    assert called["flow"] == Term("大河流量", "River: flow")
    assert called["spare"] == Term("spare", "spare")
