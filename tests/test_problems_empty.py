"""What is empty is called what it is: a mapping or a list."""

from __future__ import annotations

import pytest

from tests import capacitykit as kit
from waterbal.api import load
from waterbal.errors import ConfigError


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "  directions: {two: {along: {}}}\n", "an empty mapping is too short"),
        ("grows: [residential]", "grows: []", "an empty list is too short"),
    ],
)
def test_what_is_empty_is_called_what_it_is(tmp_path, old, new, told):
    more = kit.CAPACITY.replace(old, new) if old else kit.CAPACITY + new
    with pytest.raises(ConfigError, match=told):
        load(kit.town(tmp_path, more))
