"""The YAML reader: what values become, where they stand, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterbal.errors import ConfigError
from waterbal.model import yaml_reader
from waterbal.model.yaml_reader import parse_value, parse_yaml, read_yaml

SCALARS = [
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("off", "off"),
    ("y", "y"),
    ("true", True),
    ("False", False),
    ("tRue", "tRue"),
    ("null", None),
    ("~", None),
    ("", None),
    ("12:30", "12:30"),
    ("2001-01", "2001-01"),
    ("2001-01-01", "2001-01-01"),
    ("1_000", "1_000"),
    ("1,000", "1,000"),
    ("1e3", 1000.0),
    ("1E+3", 1000.0),
    ("-1.5e-3", -0.0015),
    (".5", 0.5),
    ("5.", 5.0),
    ("+7", 7),
    ("0", 0),
    ("-0", 0),
    ("0.1", 0.1),
    ("20 万m3/d", "20 万m3/d"),
    ("'012'", "012"),
    ('"1e3"', "1e3"),
    ("!!str 012", "012"),
    ("'@cap.total'", "@cap.total"),
    ("=", "="),
    ("99999999999999999999", 1e20),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalars(text, value):
    read = parse_yaml(f"key: {text}\n", "f")[0]["key"]
    assert read == value
    assert type(read) is type(value)


def test_keys_stay_text_except_numbers():
    config, _ = parse_yaml("no: 1\non: 2\n2025: 3\n'2030': 4\ntrue: 5\n1.5: 6\n012: 7\n", "f")
    assert list(config) == ["no", "on", 2025, 2030, "true", "1.5", "012"]


def test_merge_keys_and_aliases_are_independent_copies():
    config, marks = parse_yaml(
        "a: &x {p: 1, q: {r: 2}}\nb: {<<: *x, p: 3}\nc: *x\nd: {<<: [*x, {s: 4}]}\n", "f"
    )
    assert config["b"] == {"p": 3, "q": {"r": 2}}
    assert config["d"] == {"p": 1, "q": {"r": 2}, "s": 4}
    config["c"]["q"]["r"] = 9
    assert config["a"]["q"]["r"] == 2
    assert marks.locate(("c",)) == (3, 4)
    assert marks.locate(("c", "q")) == (1, 17)
    assert marks.locate(("b", "p")) == (2, 16)


POSITIONED = """\
名字: {中文: 水, cost: 3}
list:
  - x: 1
    y: 2
  - [4, 5]
text: |
  long
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("名字",), (1, 5), (1, 1)),
        (("名字", "cost"), (1, 19), (1, 13)),
        (("list",), (3, 3), (2, 1)),
        (("list", 0, "y"), (4, 8), (4, 5)),
        (("list", 1, 1), (5, 9), (5, 9)),
        (("list", 0, "absent"), (3, 5), (3, 5)),
        (("名字", "absent", "deeper"), (1, 1), (1, 1)),
    ],
)
def test_positions(path, value, key):
    marks = parse_yaml(POSITIONED, "f")[1]
    assert marks.locate(path) == value
    assert marks.locate(path, key=True) == key


BOMB = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
REFUSED = [
    ("a: 012\n", [(1, 4, "'012' is a different number in different programs")]),
    ("a: -007\n", [(1, 4, "'-007' is a different number")]),
    ("a: 0x1F\nb: 0o17\n", [(1, 4, "'0x1F'"), (2, 4, "'0o17'")]),
    (
        "a: .inf\nb: .NaN\nc: 1e999\n",
        [(1, 4, "not a finite"), (2, 4, "not a finite"), (3, 4, "not a finite")],
    ),
    ("a: 1\nb: 2\na: 3\n", [(3, 1, "key 'a' is given twice, first in line 1")]),
    ("a: {x: 1, x: 2}\nb: {y: 1, y: 2}\n", [(1, 11, "'x' is given twice"), (2, 11, "'y' is given twice")]),
    ("2025: 1\n'2025': 2\n", [(2, 1, "key 2025 is given twice")]),
    ("a: !!python/object/apply:os.system [ls]\n", [(1, 4, "tag '!!python/object/apply:os.system'")]),
    ("a: !unit 3\n", [(1, 4, "tag '!unit'")]),
    ("a: !!int 3\n", [(1, 4, "tag '!!int'")]),
    ("a:\n\tb: 1\n", [(2, 1, "a tab indents this line")]),
    ("a: @cap.total\n", [(1, 4, "a value begins with '@'")]),
    ("a: %x\n", [(1, 4, "a value begins with '%'")]),
    ("a: *none\n", [(1, 4, "alias *none has no anchor")]),
    ("a: &x {b: *x}\n", [(1, 11, "alias *x contains itself")]),
    (BOMB, [(6, 25, "aliases stand for more than")]),
    ("a: 1\n<<: 3\n", [(2, 5, "'<<' merges a number")]),
    ("? [1, 2]\n: 3\n", [(1, 3, "a list cannot be a key")]),
    ("a: 1\n---\nb: 2\n", [(2, 1, "a second document begins")]),
    ("- 1\n", [(1, 1, "the top level is a list")]),
    ("text\n", [(1, 1, "the top level is a text")]),
    ("a：1\n", [(1, 1, "the top level is a text; expected an ASCII ':'")]),
    ("a: 1\nb：2\n", [(2, 1, "expected an ASCII ':' and a space")]),
    ("a: 1\nb:2\n", [(2, 1, "expected a space after ':'")]),
    ("", [(0, 0, "the file is empty")]),
    ("# only a remark\n", [(0, 0, "the file is empty")]),
    ("a: \x07\n", [(1, 4, "character U+0007 is not allowed")]),
    ("a: [1, 2\nb: 3\n", [(2, 2, "flow sequence, which begins in line 1")]),
    ("a: b: c\n", [(1, 5, "mapping values are not allowed")]),
    (": 1\n", [(1, 1, "")]),
    ("a: " + "[" * 100_000, [(1, 43, "nested more than 40 levels deep")]),
]


@pytest.mark.parametrize(("text", "issues"), REFUSED, ids=range(len(REFUSED)))
def test_refused(text, issues):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "f.yaml")
    found = [(issue.line, issue.column, str(issue)) for issue in caught.value.issues]
    assert [place[:2] for place in found] == [place[:2] for place in issues]
    for (*_, shown), (*_, fragment) in zip(found, issues, strict=True):
        assert fragment in shown
        assert shown.startswith("f.yaml")


def test_problems_of_different_kinds_are_reported_together():
    with pytest.raises(ConfigError) as caught:
        parse_yaml("a: 012\nb: !x 1\na: 2\nc: *d\n", "f")
    assert [issue.line for issue in caught.value.issues] == [1, 2, 3, 4]


def _write(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a: 1\n名: 水\n".encode("gb18030"), (2, 1), "it looks like GB18030"),
        ("a: 1\n".encode("utf-16"), (1, 1), "it looks like UTF-16"),
        (b"a: 1\nb: x\xff\xff\xff\n", (2, 5), "not UTF-8 text (byte 0xff)"),
    ],
)
def test_files_that_are_not_utf8(tmp_path, data, place, message):
    with pytest.raises(ConfigError) as caught:
        read_yaml(_write(tmp_path / "m.yaml", data))
    [issue] = caught.value.issues
    assert (issue.line, issue.column) == place
    assert message in issue.message


def test_a_byte_order_mark_is_no_problem(tmp_path):
    assert read_yaml(_write(tmp_path / "m.yaml", b"\xef\xbb\xbfa: 1\n"))[0] == {"a": 1}


def test_windows_line_ends(tmp_path):
    config, marks = read_yaml(_write(tmp_path / "m.yaml", b"a: 1\r\nb:\r\n  c: 2\r\n"))
    assert config == {"a": 1, "b": {"c": 2}}
    assert marks.locate(("b", "c")) == (3, 6)


def test_missing_file_directory_and_nonsense_name(tmp_path):
    for path, message in [
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "this is a directory"),
        ("a\0b", "this is no file name"),
    ]:
        with pytest.raises(ConfigError, match=message):
            read_yaml(path)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(ConfigError, match="the file has 20 MB; expected at most 16 MB"):
        read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("no", "no"), ("[1, {a: 2}]", [1, {"a": 2}]), ("", None), ("20 万m3/d", "20 万m3/d")],
)
def test_one_value(text, value):
    assert parse_value(text, "--set") == value


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True), PLAIN, min_size=1, max_size=4))
def test_json_reads_as_itself(value):
    assert parse_yaml(json.dumps(value), "f")[0] == value


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parse_yaml(text, "f")
    except ConfigError as error:
        assert error.issues


def test_limits_are_what_the_messages_say():
    nested = "a: " + "[" * (yaml_reader.MAX_DEPTH - 1) + "]" * (yaml_reader.MAX_DEPTH - 1)
    assert parse_yaml(nested, "f")[0]["a"]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device file")
def test_a_device_is_refused_before_it_is_read():
    with pytest.raises(ConfigError, match="this is no regular file"):
        read_yaml("/dev/zero")
