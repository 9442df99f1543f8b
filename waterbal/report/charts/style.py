"""What all figures share: colours that mean the same everywhere, fonts, layout, and text that is safe to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = (
    '"Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", '
    '"Hiragino Sans GB", "WenQuanYi Micro Hei", "SimHei", "Helvetica Neue", Arial, sans-serif'
)
"""Families with Chinese characters, best first; a page embeds a subset of the first by this name."""
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
}
"""Options of plotly.js that go with every figure, for its ``show`` and ``to_html``."""

INK, MUTED, GRID, PAPER = "#1f2933", "#66727f", "#dde3e9", "#ffffff"
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#9AA5B1",
)  # fmt: skip
"""Okabe and Ito (2008): told apart by everyone, and in print."""
NEED, SUPPLY, SHORT, PLAN = MUTED, BLUE, VERMILLION, "#000000"
"""What need, supply, shortage and the plan are drawn in, in every figure."""
SECTORS = {
    "residential": BLUE,
    "public": SKY,
    "industry": PURPLE,
    "irrigation": GREEN,
    "rural": ORANGE,
    "green": "#97C93D",
    "river_ecology": "#332288",
    "lake_ecology": "#44AAAA",
}
"""Colour of each sector; others are grey."""
CYCLE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#882255", "#D9C61E", "#332288", "#8C6D46",
    "#44AA99", "#D55E00", "#999933", "#6699CC", "#AA4499",
)  # fmt: skip
"""Colours of things without one of their own, by their place in the model."""
HORIZONS = (SKY, BLUE, "#332288", PURPLE, VERMILLION)
"""Colours of planning years in order."""
SEQUENCE = [[0.0, "#f7fafc"], [0.05, "#fde9c9"], [0.25, "#f8b35c"], [0.5, "#dd6a2c"], [1.0, "#7f1d1d"]]
"""Colour scale from nothing short to everything short, even in lightness."""
RATES = [[0.0, "#7f1d1d"], [0.5, "#dd6a2c"], [0.75, "#f8d08a"], [0.9, "#bcd9ea"], [1.0, "#0b4f83"]]
"""Colour scale of guarantee rates: red is bad, blue is good."""

CLOSING = "，。、；：！？）】》”’%"
"""Characters that no line begins with."""
HEIGHT = 440
NARROW = 400
"""Width [px] at which figures must still be readable."""
WIDE = 1200
"""Width [px] that a page on a common screen has for a figure."""


def escape(name: Any) -> str:
    """Return a name as plotly shows it literally: no markup, no place holders, one line.

    Parameters
    ----------
    name : Any
        A name from a model or a study, which is data.
    """
    text = " ".join(str(name).split())
    for mark, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, safe)
    return text


def wrap(name: Any, width: int) -> str:
    """Return a name escaped and broken into lines of some columns; a Chinese character takes two.

    Parameters
    ----------
    name : Any
        A name, which is data.
    width : int
        Columns of a line.
    """
    lines, line, used = [], "", 0
    for word in _pieces(" ".join(str(name).split())):
        size = columns(word)
        if line and used + size > width:
            lines.append(line.strip())
            line, used = "", 0
        line, used = line + word, used + size
    lines.append(line.strip())
    return "<br>".join(escape(each) for each in lines if each)


def columns(text: str) -> int:
    """Return how wide a text is in columns of Latin letters."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _pieces(text: str) -> list[str]:
    """Split a text where a line may break: after blanks and any Chinese character, but not before what closes."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if character in CLOSING and pieces and not word:
            pieces[-1] += character
            continue
        word += character
        if character == " " or ord(character) > 0x2E7F:
            pieces.append(word)
            word = ""
    return [*pieces, word] if word else pieces


def shade(colour: str, opacity: float) -> str:
    """Return a colour ``#rrggbb`` with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def figure(traces: Sequence[Any] = (), **layout: Any) -> go.Figure:
    """Make a figure in the common style.

    Parameters
    ----------
    traces : sequence
        What is drawn.
    **layout
        What differs from the common layout.
    """
    import plotly.graph_objects as go

    drawn = go.Figure(data=list(traces))
    drawn.update_layout(
        template=None,
        autosize=True,
        height=HEIGHT,
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        margin={"l": 60, "r": 16, "t": 16, "b": 48},
        hoverlabel={"font": {"family": FONT, "size": 12}, "namelength": -1},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0.0,
                "font": {"size": 12}},
        barmode="relative",
        modebar={"bgcolor": "rgba(255,255,255,0)", "color": GREY},
    )  # fmt: skip
    drawn.update_layout(**layout)
    axis: dict[str, Any] = {
        "gridcolor": GRID, "zerolinecolor": GRID, "linecolor": MUTED, "ticks": "", "automargin": True,
        "showline": False, "title_font": {"size": 13, "color": INK},
    }  # fmt: skip
    drawn.update_xaxes(**axis, exponentformat="none", separatethousands=True)
    drawn.update_yaxes(**axis, exponentformat="none", separatethousands=True, title_standoff=10)
    return drawn


def narrowed(drawn: go.Figure, **changes: Any) -> go.Figure:
    """Say what differs in a figure on a narrow screen, for the page that shows it.

    Parameters
    ----------
    drawn : Figure
        Kept as it is, but for ``layout.meta.narrow``.
    **changes
        Paths in the layout, ``__`` between their parts, and the values there; None takes a value away.
    """
    drawn.layout.meta = {"narrow": {path.replace("__", "."): value for path, value in changes.items()}}
    return drawn


def nothing(told: str) -> go.Figure:
    """Return the figure of what there is nothing to draw of: a sentence, which a page shows instead of the figure.

    Parameters
    ----------
    told : str
        Why there is nothing.
    """
    hidden = {"visible": False, "range": [0, 1]}
    said = note(wrap(told, NARROW // 8), x=0.5, y=0.5, xanchor="center", align="center")
    drawn = figure(height=160, annotations=[said], xaxis=hidden, yaxis=hidden)
    drawn.layout.meta = {"nothing": told}
    return drawn


def note(text: str, **place: Any) -> dict[str, Any]:
    """Return an annotation beside the axes, in the colour of what is said in passing."""
    return {
        "text": text, "showarrow": False, "font": {"size": 12, "color": MUTED}, "xref": "paper",
        "yref": "paper", "xanchor": "left", "align": "left", **place,
    }  # fmt: skip
