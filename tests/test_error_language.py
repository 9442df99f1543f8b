"""Problems in Chinese: what a user reads names the same things as the English, and programs go on reading English."""

from __future__ import annotations

import copy
import errno
import json
import pickle
import re
import shutil
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.test_broken_inputs import BASE, FILES
from tests.tongue import has_its_chinese
from tests.tongue_of_source import english_alone, summed_up
from waterbal import api, outputs
from waterbal.capacity.admission_ledger import Office
from waterbal.capacity.project import Project
from waterbal.cli import progress, summary_words
from waterbal.cli.main import app
from waterbal.errors import DataError, InfeasibleError, Issue, Message, either, in_language, one_of
from waterbal.model.fitted import Fitted
from waterbal.model.key_words import KEYS
from waterbal.model.problems import first_sentence
from waterbal.model.root import Model
from waterbal.report.page import output as report
from waterbal.results import netcdf
from waterbal.scenarios.blocks import Grid
from waterbal.scenarios.manifest import differences
from waterbal.scenarios.reporting import Failure, Report
from waterbal.scenarios.spec import StudySpec

LIBRARY = Path(__file__).parent.parent / "configs" / "library"
CHINESE = re.compile(r"[\u3400-\u9fff]")


def said(*arguments: object, status: int, **variables: str) -> str:
    told = CliRunner(env=variables).invoke(app, [str(argument) for argument in arguments])
    assert told.exit_code == status, told.output
    return told.output


def test_a_message_is_its_english_to_all_who_do_not_ask():
    both = Message("没有 'a'", "there is no 'a'")
    assert (
        both == "there is no 'a'"
        and f"{both}!" == "there is no 'a'!"
        and json.dumps(both) == "\"there is no 'a'\""
    )
    for again in (pickle.loads(pickle.dumps(both)), copy.deepcopy(both)):
        assert (again, again.zh) == ("there is no 'a'", "没有 'a'")
    more = both + " x" + Message("（乙）", " (b)")
    assert (str(more), more.zh) == ("there is no 'a' x (b)", "没有 'a' x（乙）")
    assert either(["a", Message("乙", "b")]).zh == "a 或 乙"  # type: ignore[attr-defined]
    assert one_of([2025, "x"]).zh == "下列之一：2025, x"
    error = DataError(Issue(both, expected=one_of(["b"]), nearest="b"))
    assert str(error) == "there is no 'a'; expected one of b; did you mean 'b'?"
    assert (
        pickle.loads(pickle.dumps(error)).issues[0].said("zh") == "没有 'a'；应为：下列之一：b；是否为 'b'？"
    )


def test_a_line_without_chinese_stays_english():
    assert (
        Issue("odd", "links.a", "m.yaml", 3, 1, "even").said("zh") == "m.yaml:3:1: links.a: odd；应为：even"
    )


@pytest.mark.parametrize("way", ["option", "locale"])
def test_the_command_line_speaks_chinese(way, tmp_path):
    lang = ("--lang", "zh") if way == "option" else ()
    variables = {} if way == "option" else {"WATERBAL_LANG": "zh"}
    for name in FILES:
        shutil.copy(BASE / name, tmp_path / name)
    path = tmp_path / "base.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("zone: town", "zone: twon"), encoding="utf-8")
    told = said("check", path, *lang, status=3, **variables)
    assert "没有名为 'twon' 的分区；应为：下列之一：town" in told and "是否为 'town'？" in told
    assert re.search(r"共 \d+ 个问题", told)
    assert "没有这个文件" in said("check", tmp_path / "no.yaml", *lang, status=3, **variables)
    notes = tmp_path / "notes.nc"
    notes.write_text("mine", encoding="utf-8")
    told = said("run", BASE / "base.yaml", "-o", notes, *lang, status=2, **variables)
    assert f"无法写入 {notes}：该处已有另一类文件" in told and notes.read_text(encoding="utf-8") == "mine"
    told = said("run", "--frmo", "x", *lang, status=2, **variables)
    assert "错误：没有选项 --frmo" in told and "--from" in told and "用法：" in told
    assert "没有命令 'rnu'" in said("rnu", *lang, status=2, **variables)
    assert "缺少参数" in said("check", *lang, status=2, **variables)


def test_the_command_line_speaks_english_unless_asked(tmp_path):
    told = said("check", tmp_path / "no.yaml", status=3, WATERBAL_LANG="en")
    assert "there is no such file" in told and not CHINESE.search(told)
    told = said("run", "--frmo", "x", "--lang", "en", status=2, WATERBAL_LANG="zh")
    assert "No such option" in told and not CHINESE.search(told)


def test_json_is_english_for_programs(tmp_path):
    told = CliRunner().invoke(app, ["check", str(tmp_path / "no.yaml"), "--lang", "zh", "--json"])
    assert json.loads(told.stdout)["issues"][0]["message"] == "there is no such file"
    assert "没有这个文件" in told.stderr


def test_a_full_disk_is_named_in_both_languages(tmp_path):
    def write(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DataError) as caught:
        outputs.write_whole(tmp_path / "a.txt", write)
    (issue,) = caught.value.issues
    assert issue.said("zh") == f"无法写入 {tmp_path / 'a.txt'}：磁盘已满"
    assert issue.said("en") == f"cannot write {tmp_path / 'a.txt'}: No space left on device"


def test_no_problem_is_written_in_english_alone():
    source = Path(outputs.__file__).parent
    found = [
        f"{path.relative_to(source)}:{line}: {text}"
        for path in sorted(source.rglob("*.py"))
        for line, _, text in english_alone(path)
    ]
    assert not found, "\n".join(found)


def test_every_word_of_a_summary_has_its_chinese():
    source = Path(outputs.__file__).parent
    known = {place[-1] for place in summary_words.LABELS} | {place[-1] for place in summary_words.VALUES}
    places = {
        "api.py": ("summary", "_of_series"),
        "scenarios/overview.py": ("overview",),
        "hydrology/fitting.py": ("summary",),
    }
    for name, functions in places.items():
        told = list(summed_up(source / name, *functions))
        assert told
        alone = [
            f"{name}:{line}: {text}"
            for line, text in told
            if text not in known and re.search("[a-z]{2}", text)
        ]
        assert not alone
    facts = {text for _, text in summed_up(source / "machine.py", "facts")}
    assert facts == set(summary_words.FACTS)
    tables = (summary_words.LABELS, summary_words.VALUES, summary_words.FACTS, summary_words.FACT_VALUES)
    for table in tables:
        for key, word in table.items():
            assert CHINESE.search(word.zh), word
            assert word == (key if isinstance(key, str) else key[-1])  # the English is what programs read


def test_the_judge_of_the_source_finds_english(tmp_path):
    path = tmp_path / "odd.py"
    path.write_text(
        """
def one(name):
    message = f"there is no {name}" if name else Message("没有", "nothing")
    raise UsageError(Issue(message, expected="one of many"))


def other(shown):
    shown.stage("reading the model")
    raise DataError(Issue(Message("不对", "it is wrong"), expected="--year 2030"))


def remarks(rows, tongue, words):
    notes = [Message("一", "one")]
    notes.append(f"{rows}: too few years" if rows else Message("无", "none"))
    notes += [f"{row} is not kept" for row in rows]
    print(f"注意：{rows}" if tongue == "zh" else f"note: {rows}")
    print("waterbal:", words.said(tongue), f"{len(rows)} steps" + (f" to {rows}" if rows else ""), sep="end")
    print(", ".join(f"month {row}" for row in rows))
    return ["never filled", *notes]
""",
        encoding="utf-8",
    )
    assert sorted(text for _, _, text in set(english_alone(path))) == [
        " is not kept",
        " steps",
        ": too few years",
        "month ",
        "never filled",
        "one of many",
        "reading the model",
        "there is no ",
    ]


def test_the_stages_of_work_follow_the_language(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    told = {}
    for language in ("zh", "en"):
        with progress.Progress(language=language) as shown:
            time.sleep(0.05)
            shown.stage(Message("模拟", "simulating"), Message("个成员", "members"))
            shown(0, 4)
            shown.note(Message("稍候", "wait"))
        told[language] = capsys.readouterr().err
    assert "waterbal: 模拟" in told["zh"] and "waterbal: 稍候" in told["zh"]
    assert "waterbal: simulating" in told["en"] and not CHINESE.search(told["en"])
    assert not re.search("simulating|members|wait", told["zh"].replace("waterbal", ""))


def test_a_sweep_that_is_refused_is_told_in_chinese(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    for name in FILES:
        shutil.copy(BASE / name, tmp_path / name)
    study = tmp_path / "study.yaml"
    study.write_text(
        "schema_version: 1\nmodel: base.yaml\nname: {zh: 情景, en: Study}\n"
        "axes: {rain: {name: {zh: 雨, en: rain}, values: {1: {}, 2: {}}}}\n",
        encoding="utf-8",
    )
    told = said("sweep", study, "-o", folder, "--lang", "zh", status=2)
    assert f"{folder} 不能存放批量计算成果：其中另有文件（mine.txt）；请给出新的文件夹" in told
    told = said("merge", tmp_path / "none", "-o", tmp_path / "a.nc", "--lang", "zh", status=2)
    assert "不是批量计算的文件夹；应为：`waterbal sweep -o` 写出的文件夹" in told


def test_differences_of_two_sweeps_are_named_in_both_languages():
    old = {"scenarios": ["a", "b"], "block": 20, "inputs": {"data": {"rain.csv": "1"}}, "keep": "metrics"}
    new = {
        "scenarios": ["a", "c", "d"],
        "block": 30,
        "inputs": {"data": {"rain.csv": "2"}},
        "keep": "metrics",
    }
    issues = differences(old, new)
    for issue in issues:
        has_its_chinese(issue)
    assert {issue.said("zh") for issue in issues} == {
        "--only: 文件夹中有 2 个方案，现要求 3 个，现没有 b；现增加 c, d",
        "--block: 文件夹中的分块为 20 个成员，现要求 30 个",
        "inputs: rain.csv 有改动",
    }


def test_what_a_sweep_keeps_of_its_failures_is_told_in_chinese(tmp_path):
    report = Report(tmp_path, Grid(1, 1, 1), 1)
    report.failed.append(
        Failure(
            "scenario dry, realization 3: no allocation meets links.a in the step that begins 2001-05-01", 1
        )
    )
    with pytest.raises(InfeasibleError) as caught:
        report.raise_failures()
    assert caught.value.issues[0].said("zh") == (
        "方案 dry，水文样本 3：自 2001-05-01 起的时段没有任何配置能满足 links.a"
    )


@pytest.mark.parametrize("form", [Model, StudySpec, Project, Office, Fitted], ids=lambda form: form.__name__)
def test_every_key_that_may_be_missing_is_described_in_chinese(form):
    schema = form.model_json_schema()
    described = {
        first_sentence(part["properties"][key].get("description", ""))
        for part in (schema, *schema.get("$defs", {}).values())
        for key in part.get("required", ())
        if "const" not in part["properties"][key]
    }
    assert len(described) > 3 and described - KEYS.keys() - {""} == set()
    assert all(CHINESE.search(KEYS[about]) for about in described if about)


def test_a_missing_key_is_described_in_chinese(tmp_path):
    for name in FILES:
        shutil.copy(BASE / name, tmp_path / name)
    path = tmp_path / "base.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("specific_yield: ") == 1
    path.write_text(re.sub(r"    specific_yield: .*\n", "", text), encoding="utf-8")
    told = said("check", path, "--lang", "zh", status=3)
    assert "缺少键 'specific_yield'；应为：给水度" in told


def test_what_a_report_and_another_sweep_are_told_by_has_its_chinese(tmp_path: Path) -> None:
    run, told = tmp_path / "run.nc", []
    netcdf.write(api.load(LIBRARY / "one_source.yaml").run(), run)
    report.write([run], tmp_path / "a.html", tmp_path / "a.xlsx", "zh", told.append)
    assert len(told) == 4
    for stage in told:
        assert CHINESE.search(in_language(stage, "zh")) and not CHINESE.search(in_language(stage, "en"))
    old = {"inputs": dict.fromkeys(("version", "code", "model", "parameters", "scenarios"), 1)}
    new = {"inputs": dict.fromkeys(old["inputs"], 2)}
    for issue in differences(old, new):
        shown = issue.said("zh").removeprefix("inputs: ").replace("waterbal", "")
        assert "有改动" in shown and not re.search("[a-z]", shown)
