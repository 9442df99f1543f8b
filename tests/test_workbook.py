"""The workbook: what stands in it is read back by two other programs, and recomputed from its own formulas."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from python_calamine import CalamineWorkbook

from waterbal.errors import DataError
from waterbal.report import workbook
from waterbal.report.sheets.sheet import Column, Row, Sheet
from waterbal.results.terms import Term

ATTACKS = (
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "http://example.org",
    '=HYPERLINK("x")',
    "\t=1",
    "{=1}",
)


def table(names=("东区", "西区"), values=((1234, 2), (3, 4000))) -> Sheet:
    """Two rows and their total, with groups, shares, a text in two languages and a note."""
    amounts = Term("水量", "Volumes")
    columns = (
        Column("zone", Term("分区", "Zone"), "text"),
        Column("a", Term("甲", "A"), group=amounts),
        Column("b", Term("乙", "B"), group=amounts),
        Column("total", Term("合计", "Total"), group=amounts, sum_of=("a", "b")),
        Column("gap", Term("差", "Gap"), difference_of=("a", "b")),
        Column("share", Term("占比", "Share"), "share", 1),
    )
    rows = [
        Row((Term(name, name), a, b, a + b, a - b, round(a / (a + b), 3)), 1)
        for name, (a, b) in zip(names, values, strict=True)
    ]
    a, b = (sum(pair[i] for pair in values) for i in (0, 1))
    total = Row((Term("全区", "District"), a, b, a + b, a - b, None), 0, True, tuple(range(len(rows))))
    notes = (Term("说明", "A note"),)
    return Sheet(
        "T1", Term("测试表", "Test"), columns, (*rows, total), Term("单位：万m³", "1e4 m3"), notes,
        frozenset({"a", "b", "total"}),
    )  # fmt: skip


def recomputed(content: bytes) -> dict[tuple[str, str], tuple[float, float]]:
    """Evaluate every formula from the numbers of the file; gives (computed, cached) by sheet and cell."""
    formulas = openpyxl.load_workbook(io.BytesIO(content))
    cached = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    found = {}

    def value(sheet, cell: str) -> float:
        text = sheet[cell].value
        if not (isinstance(text, str) and text.startswith("=")):
            return float(text)
        inner = re.fullmatch(r"=SUM\((.+)\)", text)
        if inner is None:
            first, second = re.fullmatch(r"=([A-Z]+\d+)-([A-Z]+\d+)", text).groups()
            return value(sheet, first) - value(sheet, second)
        total = 0.0
        for span in inner[1].split(","):
            left, top, right, bottom = range_boundaries(span)
            for row in range(top, bottom + 1):
                total += sum(value(sheet, sheet.cell(row, c).coordinate) for c in range(left, right + 1))
        return total

    for sheet in formulas:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    known = cached[sheet.title][cell.coordinate].value
                    found[sheet.title, cell.coordinate] = (value(sheet, cell.coordinate), known)
    return found


def test_totals_are_formulas_whose_values_are_written_too():
    found = recomputed(workbook.made([table()]))
    assert len(found) == 3 + 3 + 2  # totals of rows, differences, and totals of the columns a and b
    assert all(computed == pytest.approx(cached, abs=1e-9) for computed, cached in found.values())


def test_other_readers_see_the_same_numbers():
    content = workbook.made([table()])
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("T1 测试表").to_python()
    assert read[0][0] == "T1 测试表" and read[1][0] == "单位：万m³"
    assert read[3][:4] == ["", "甲", "乙", "合计"] and read[2][1] == "水量"
    assert read[4][:6] == ["东区", 1234, 2, 1236, 1232, 0.998]
    assert read[6][:5] == ["全区", 1237, 4002, 5239, -2765]
    assert read[7][0] == "注：说明"


def test_laid_out_as_planners_file_it():
    book = openpyxl.load_workbook(io.BytesIO(workbook.made([table()])))
    page = book["T1 测试表"]
    assert page.freeze_panes == "B5"
    assert {str(merged) for merged in page.merged_cells.ranges} >= {"A1:F1", "B3:D3", "A3:A4", "E3:E4"}
    assert page.page_setup.orientation == "landscape" and page.page_setup.paperSize == 9
    assert page.sheet_properties.pageSetUpPr.fitToPage and page.page_setup.fitToHeight == 0
    assert page.print_title_rows == "$1:$4"
    assert page["B5"].number_format == "#,##0" and page["F5"].number_format == "0.0%"
    assert page["B7"].font.bold and not page["B5"].font.bold
    assert page["B5"].font.name == "宋体" and page["B5"].border.left.style == "thin"
    assert page.column_dimensions["A"].width >= 6.0
    links = {cell.value: cell.hyperlink.location for row in book["目录"] for cell in row if cell.hyperlink}
    assert links == {"测试表": "'T1 测试表'!A1"}
    assert book.properties.title == "水资源供需与承载能力成果表"


def test_text_is_never_a_formula_or_a_link():
    names = ATTACKS
    content = workbook.made(
        [table(names, tuple((i + 1, 2) for i in range(len(names))))], title=Term("=1+1", "=1")
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book["T1 测试表"]
    cells = [page.cell(5 + i, 1) for i in range(len(names))]
    assert [cell.data_type for cell in cells] == ["s"] * len(names)
    assert [cell.value for cell in cells] == list(names)
    assert book["目录"]["A1"].data_type == "s"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert 'TargetMode="External"' not in text
            assert all(
                re.fullmatch(r"SUM\([A-Z0-9:,]+\)|[A-Z]+\d+-[A-Z]+\d+", f)
                for f in re.findall("<f>(.*?)</f>", text)
            )


def test_text_that_a_workbook_cannot_hold_is_held_all_the_same():
    names = ("a\ud800b", "\x00\x07<&>\"'", "长" * 40_000, "_x0041_")
    content = workbook.made([table(names, ((1, 1),) * 4)])
    page = openpyxl.load_workbook(io.BytesIO(content))["T1 测试表"]
    assert page["A5"].value == "a\ufffdb"
    assert len(page["A7"].value) == 32_767
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("T1 测试表").to_python()
    assert read[4][0] == "a\ufffdb"


def test_the_same_tables_give_the_same_bytes_in_each_language(tmp_path):
    for language in ("zh", "en"):
        workbook.write([table()], tmp_path / f"{language}.xlsx", language)
        assert (tmp_path / f"{language}.xlsx").read_bytes() == workbook.made([table()], language)
    zh, en = (CalamineWorkbook.from_path(tmp_path / f"{name}.xlsx") for name in ("zh", "en"))
    rows = [book.get_sheet_by_index(1).to_python()[4:7] for book in (zh, en)]
    assert [row[1:] for row in rows[0]][:2] == [row[1:] for row in rows[1]][:2]
    assert zh.sheet_names[1] == "T1 测试表" and en.sheet_names[1] == "T1 Test"


def test_a_table_without_content_tells_why():
    empty = Sheet("T9", Term("空", "Empty"), (), (), notes=(Term("见 waterbal run", "see waterbal run"),))
    read = (
        CalamineWorkbook.from_filelike(io.BytesIO(workbook.made([empty]))).get_sheet_by_index(1).to_python()
    )
    assert read[-1][0] == "注：见 waterbal run"


def test_where_nothing_can_be_written_nothing_is_left(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        workbook.write([table()], tmp_path / "none" / "a.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.peers
def test_an_office_suite_computes_the_same_totals(tmp_path: Path):
    """LibreOffice gets the formulas without their values."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is missing: `make test-peers` says how to install it"
    content = workbook.made([table()])
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(tmp_path / "bare.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", part) if "worksheets" in name else part)
    subprocess.run(
        [
            office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "xlsx",
            "--outdir", str(tmp_path / "computed"), str(tmp_path / "bare.xlsx"),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    computed = openpyxl.load_workbook(tmp_path / "computed" / "bare.xlsx", data_only=True)
    for (sheet, cell), (_, cached) in recomputed(content).items():
        assert computed[sheet][cell].value == pytest.approx(cached, abs=1e-9)


SENTENCES = (
    "工程能力（39%时段）；用水总量控制指标在 56% 的指标年用完",
    "Conveyance (in 46% of the steps); Yangtze transfer: allotment used up in 97% of the quota years; total-use cap",
    "用水总量控制指标、引江水分配水量",
    "W0（G0）、P0",
)


def sentences() -> Sheet:
    """Long texts in a column of words, in one of sentences, and a heading that is long itself."""
    columns = (
        Column("name", Term("名称", "Name"), "text"),
        Column("why", Term("约束", "What binds"), "text", wide=True),
        Column("load", Term("控制量 W0（G0）、纳污能力 P0", "Cap W0 (G0), assimilative capacity P0")),
    )
    rows = [Row((Term(text, text), Term(f"{text}；{text}", f"{text}; {text}"), 1.0)) for text in SENTENCES]
    return Sheet("T1", Term("测试表", "Test"), columns, tuple(rows))


def test_lines_are_counted_as_they_wrap():
    """Worked out by hand: words stay whole, a stop never begins a line, a word too long for a line is cut."""
    assert workbook._lines("一二三四五", 10.0) == 1
    assert workbook._lines("一二三四五，", 10.0) == 2  # the stop takes its character with it
    assert workbook._lines("aaa bbb ccc", 7.0) == 2
    assert workbook._lines("aaa bbb ccc", 6.9) == 3
    assert workbook._lines("a" * 25, 10.0) == 3
    assert workbook._lines("一\n二", 10.0) == 2
    assert workbook._lines("", 10.0) == 1


def test_a_column_of_sentences_is_as_wide_as_it_has_to_be():
    short = Sheet("T1", Term("测试表", "Test"), sentences().columns, ())
    for sheet, wide in ((short, False), (sentences(), True)):
        page = openpyxl.load_workbook(io.BytesIO(workbook.made([sheet])))["T1 测试表"]
        found = page.column_dimensions["B"].width
        assert (found > 55.0) == wide and found < 65.0


def test_rows_are_as_high_as_their_lines():
    """Counted here by breaking the text anywhere, which never takes more lines than wrapping it."""
    sheet = sentences()
    for language, line in (("zh", 16.0), ("en", 14.5)):  # what a line of 11 points takes at least
        page = openpyxl.load_workbook(io.BytesIO(workbook.made([sheet], language))).worksheets[1]
        for row in range(5, 5 + len(SENTENCES)):
            least = 0.0
            for letter in "AB":
                room = page.column_dimensions[letter].width - 1.0
                least = max(least, line * -(-workbook.width(page[f"{letter}{row}"].value) // room))
            height = page.row_dimensions[row].height or page.sheet_format.defaultRowHeight
            assert least <= height <= 2.0 * least
