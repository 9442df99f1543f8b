"""Tables as an Excel workbook, laid out as planners file them: numbers with formats, totals as formulas."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waterbal._version import __version__
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.words import WORDS, term
from waterbal.results.netcdf import whole
from waterbal.results.terms import Term

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

CREATED = datetime(2000, 1, 1)
"""Time in the properties of every workbook, so that equal tables give equal files."""
FONTS = {"zh": "宋体", "en": "Times New Roman"}
"""Fonts that every office suite has, or puts a like one for."""
LONGEST = 32_767
"""Characters that a cell of Excel holds."""
NAME = 31
"""Characters that the name of a sheet has at most."""
NARROW, BROAD, SENTENCE = 7.0, 26.0, 60.0
"""Least and largest width of a column, and that of one with sentences [characters]."""
FROZEN = 64.0
"""Largest width of the columns that stay in sight [characters]."""
A4_WIDTH = 150.0
"""Width up to which a table is readable on a page of A4 [characters]; wider ones are printed on A3."""
A3, A4 = 8, 9
"""Paper sizes as Excel numbers them."""
INDENT = 1.5
"""Distance of sentences from the line before them [characters]."""
EMPTY = 90.0
"""Width of a sheet that has notes only [characters]."""
LINES = {"zh": 16.5, "en": 15.0}
"""Height of a line of text [points], of the tallest fonts that stand for those named."""
TALLEST = 400.0
"""Largest height of a row; Excel has 409 [points]."""
SHUT = "，。；：、！？）》”’】%"
"""Characters that never begin a line."""
TITLE_ROW, UNIT_ROW, HEAD_ROW = 0, 1, 2
HEAD_ROWS = 2
"""Rows of headings: groups, then columns."""
BORDER = 1
"""A thin line."""
SHADE = "#F2F2F2"
"""Fill of headings and totals."""

_UNNAMEABLE = re.compile(r"[\[\]:*?/\\']")
_PARTS = re.compile(
    rf"[\u2e80-\u9fff\uff00-\uffef][{SHUT}]*\s*|[^\u2e80-\u9fff\uff00-\uffef\s]+[{SHUT}]*\s*|\s+"
)
"""What stays together: a Chinese character or a word, with the stops behind it."""
_NO_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")


def write(
    sheets: Sequence[Sheet], path: str | Path, language: str = "zh", title: Term = WORDS["workbook"]
) -> None:
    """Write tables to one workbook, whole or not at all.

    Parameters
    ----------
    sheets : sequence of Sheet
        Tables in order.
    path : str or Path
        File to write; an earlier one is replaced.
    language : str
        ``zh`` or ``en``.
    title : Term
        Title of the workbook, on its first sheet and in its properties.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    content = made(sheets, language, title)
    with whole(path) as part:
        part.write_bytes(content)


def made(sheets: Sequence[Sheet], language: str = "zh", title: Term = WORDS["workbook"]) -> bytes:
    """Return the workbook as bytes, the same for the same tables; see ``write``."""
    from xlsxwriter import Workbook

    memory = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONTS[language], "font_size": 11},
    }
    with Workbook(memory, options) as book:
        book.set_properties(
            {
                "title": _text(title, language),
                "subject": _text(WORDS["workbook"], language),
                "author": f"waterbal {__version__}",
                "created": CREATED,
            }
        )
        style = _Style(book, FONTS[language])
        contents = book.add_worksheet(_text(term("contents"), language))
        names = [_name(sheet, language) for sheet in sheets]
        for sheet, name in zip(sheets, names, strict=True):
            _Page(book.add_worksheet(name), sheet, language, style).write()
        _contents(contents, sheets, names, language, title, style)
    return memory.getvalue()


def _name(sheet: Sheet, language: str) -> str:
    return _UNNAMEABLE.sub(" ", f"{sheet.id} {_text(sheet.title, language)}")[:NAME].strip()


def _text(value: Term, language: str) -> str:
    """Return a text that a workbook can hold."""
    text = _NO_TEXT.sub("\ufffd", str(getattr(value, language)))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def width(text: str) -> float:
    """Return the width of the longest line of a text, a Chinese character counting as two."""
    return max(
        (
            sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in line)
            for line in text.split("\n")
        ),
        default=0.0,
    )


def _lines(text: str, room: float) -> int:
    """Count the lines that a text takes in a column, where words stay whole and no stop begins a line."""
    return sum(_wrapped(line, max(room, 1.0)) for line in text.split("\n"))


def _wrapped(line: str, room: float) -> int:
    """Count the lines that one line takes."""
    count, used = 1, 0.0
    for part in _PARTS.findall(line):
        wide, bare = width(part), width(part.rstrip())
        if used and used + bare > room:
            count, used = count + 1, 0.0
        if bare > room:  # a word that is longer than a line is cut
            count += int((bare - 1e-9) // room)
            wide = bare % room
        used += wide
    return count


class _Style:
    """Formats of cells, each made once."""

    def __init__(self, book: Workbook, font: str) -> None:
        self._book, self._font = book, font
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        """Return a format."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            base = {"font_name": self._font, "font_size": 11, "valign": "vcenter"}
            self._made[key] = self._book.add_format(base | properties)
        return self._made[key]

    @property
    def head(self) -> Format:
        """Format of headings."""
        return self.of(bold=True, border=BORDER, align="center", text_wrap=True, bg_color=SHADE)

    def cell(self, column: Column, row: Row) -> Format:
        """Return the format of a cell of a table."""
        look: dict[str, Any] = {"border": BORDER}
        if row.total:
            look |= {"bold": True, "bg_color": SHADE}
        if column.kind == "text":
            look |= {"align": "left", "indent": 1} if column.wide else {"align": "center"}
            return self.of(**look, text_wrap=True, num_format="@")
        return self.of(**look, align="right", num_format=number_format(column))


def number_format(column: Column) -> str:
    """Return the number format of a column as Excel writes it."""
    places = "." + "0" * column.decimals if column.decimals else ""
    if column.kind == "share":
        return f"0{places}%"
    return "0" if column.kind == "year" else f"#,##0{places}"


class _Page:
    """One table on its sheet."""

    def __init__(self, page: Worksheet, sheet: Sheet, language: str, style: _Style) -> None:
        self._page, self._sheet, self._language, self._style = page, sheet, language, style
        self._first, self._line = HEAD_ROW + HEAD_ROWS, LINES[language]
        self._heads = [self._head(column) for column in sheet.columns]
        self._widths = [self._width(i) for i in range(len(sheet.columns))]
        self._places = {column.id: i for i, column in enumerate(sheet.columns)}

    def _head(self, column: Column) -> str:
        title, unit = _text(column.title, self._language), _text(column.unit, self._language)
        if not unit:
            return title
        return f"{title}\n（{unit}）" if self._language == "zh" else f"{title}\n({unit})"

    def _width(self, place: int) -> float:
        column = self._sheet.columns[place]
        shown = (column.shown(row.cells[place], self._language) for row in self._sheet.rows)
        cells = max((width(text) for text in shown), default=0.0)
        head = width(self._heads[place])
        if column.wide:
            return min(SENTENCE, max(head, cells) + INDENT + 2.0)
        return min(BROAD, max(NARROW, cells, head if column.kind == "text" else min(head, 12.0)) + 2.0)

    def write(self) -> None:
        """Write everything."""
        sheet, language = self._sheet, self._language
        across = max(len(sheet.columns), 1) - 1
        page = self._page
        page.set_default_row(self._line)
        for place, room in enumerate(self._widths):
            page.set_column(place, place, room)
        if not sheet.columns:
            page.set_column(0, 0, EMPTY)
        heading = self._style.of(bold=True, font_size=16, align="center")
        self._merged(TITLE_ROW, TITLE_ROW, 0, across, f"{sheet.id} {_text(sheet.title, language)}", heading)
        page.set_row(TITLE_ROW, 28)
        self._merged(
            UNIT_ROW, UNIT_ROW, 0, across, _text(sheet.unit, language), self._style.of(align="right")
        )
        if sheet.columns:
            self._write_heads()
            for i, row in enumerate(sheet.rows):
                self._write_row(i, row)
        self._write_notes(across)
        self._set_up()

    def _merged(self, top: int, bottom: int, left: int, right: int, text: str, look: Format) -> None:
        """Write a text over several cells, as text whatever it says."""
        if (top, left) != (bottom, right):
            self._page.merge_range(top, left, bottom, right, "", look)
        self._put(top, left, text, look)

    def _put(self, row: int, column: int, text: str, look: Format) -> None:
        if text:
            self._page.write_string(row, column, text, look)
        else:
            self._page.write_blank(row, column, None, look)

    def _write_heads(self) -> None:
        columns, look = self._sheet.columns, self._style.head
        groups = [_text(column.group, self._language) for column in columns]
        place = 0
        while place < len(columns):
            last = place
            while groups[place] and last + 1 < len(columns) and groups[last + 1] == groups[place]:
                last += 1
            if groups[place]:
                self._merged(HEAD_ROW, HEAD_ROW, place, last, groups[place], look)
                for own in range(place, last + 1):
                    self._put(HEAD_ROW + 1, own, self._heads[own], look)
            else:
                self._merged(HEAD_ROW, HEAD_ROW + 1, place, place, self._heads[place], look)
            place = last + 1
        lines = max(
            _lines(text, room - 1.0) - (not group)  # without a group a head has the row above as well
            for text, room, group in zip(self._heads, self._widths, groups, strict=True)
        )
        self._page.set_row(HEAD_ROW + 1, self._line * max(lines, 1) + 4)

    def _write_row(self, number: int, row: Row) -> None:
        line = self._first + number
        lines = 1
        for place, (column, cell) in enumerate(zip(self._sheet.columns, row.cells, strict=True)):
            look = self._style.cell(column, row)
            if cell is None or isinstance(cell, Term):
                text = _text(cell, self._language) if cell else column.shown(None, self._language)
                self._put(line, place, text, look)
                lines = max(lines, _lines(text, self._widths[place] - 1.0 - INDENT * column.wide))
                continue
            formula = self._formula(number, row, column, place)
            if formula:
                self._page.write_formula(line, place, formula, look, int(cell) if cell == int(cell) else cell)
            else:
                self._page.write_number(line, place, cell, look)
        if lines > 1:
            self._page.set_row(line, min(self._line * lines + 2, TALLEST))

    def _formula(self, number: int, row: Row, column: Column, place: int) -> str:
        """Return the formula of a total; empty where a cell is a number of its own."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        line = self._first + number
        if column.difference_of:
            first, second = (self._places[one] for one in column.difference_of)
            if all(_is_number(row.cells[one]) for one in (first, second)):
                return f"={xl_rowcol_to_cell(line, first)}-{xl_rowcol_to_cell(line, second)}"
            return ""
        if column.sum_of:
            places = [self._places[one] for one in column.sum_of]
            if all(_is_number(row.cells[one]) for one in places):
                spans = _spans(places)
                return _sum([(line, a, line, b) for a, b in spans])
        if row.sum_of and column.id in self._sheet.summed:
            rows = self._sheet.rows
            if all(_is_number(rows[one].cells[place]) for one in row.sum_of):
                spans = _spans(row.sum_of)
                return _sum([(self._first + a, place, self._first + b, place) for a, b in spans])
        return ""

    def _write_notes(self, across: int) -> None:
        line = self._first + len(self._sheet.rows) if self._sheet.columns else HEAD_ROW
        look = self._style.of(text_wrap=True, valign="top", align="left", font_size=10)
        reach, room = 0, self._widths[0] if self._widths else EMPTY
        while reach < across and room < A4_WIDTH:
            reach += 1
            room += self._widths[reach]
        for note in self._sheet.notes:
            text = f"{_text(term('note'), self._language)}{_text(note, self._language)}"
            self._merged(line, line, 0, reach, text, look)
            self._page.set_row(line, min(self._line * _lines(text, room - 1.0) + 2, TALLEST))
            line += 1

    def _set_up(self) -> None:
        """Set panes, paper, repeated rows and page numbers."""
        page, columns = self._page, self._sheet.columns
        kept = 0
        while kept < len(columns) and columns[kept].kind == "text" and not columns[kept].wide:
            kept += 1
        frozen = kept if kept < len(columns) and sum(self._widths[:kept]) <= FROZEN else 0
        page.freeze_panes(self._first, frozen)
        page.set_landscape()
        page.set_paper(A4 if sum(self._widths) <= A4_WIDTH else A3)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(TITLE_ROW, self._first - 1)
        page.center_horizontally()
        page.set_footer(f"&C{_text(term('page_number'), self._language)}")
        page.hide_gridlines(2)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float)


def _spans(places: Sequence[int]) -> list[tuple[int, int]]:
    """Join neighbouring places to spans."""
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if found and place == found[-1][1] + 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _sum(spans: Sequence[tuple[int, int, int, int]]) -> str:
    from xlsxwriter.utility import xl_range

    return f"=SUM({','.join(xl_range(*span) for span in spans)})"


def _contents(
    page: Worksheet, sheets: Sequence[Sheet], names: Sequence[str], language: str, title: Term, style: _Style
) -> None:
    """Write the list of tables, each with a link to its sheet."""
    page.set_column(0, 0, 8)
    page.set_column(1, 1, 44)
    page.set_column(2, 2, 10)
    page.merge_range(0, 0, 0, 2, "", style.of(bold=True, font_size=16, align="center"))
    page.write_string(0, 0, _text(title, language) or " ", style.of(bold=True, font_size=16, align="center"))
    page.set_row(0, 28)
    for place, key in enumerate(("table", "table_title", "rows")):
        page.write_string(1, place, _text(term(key), language), style.head)
    link = style.of(border=BORDER, font_color="#0563C1", underline=1, align="left")
    for i, (sheet, name) in enumerate(zip(sheets, names, strict=True)):
        page.write_string(2 + i, 0, sheet.id, style.of(border=BORDER, align="center"))
        page.write_url(2 + i, 1, f"internal:'{name}'!A1", link, _text(sheet.title, language))
        page.write_number(2 + i, 2, len(sheet.rows), style.of(border=BORDER, align="right"))
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
