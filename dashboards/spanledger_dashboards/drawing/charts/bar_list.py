"""Names with a figure and a bar each, as HTML: it wraps on a narrow screen, and names of up to four lines are whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS, GAP, dashes, is_gap, pale, series_colours
from spanledger_dashboards.drawing.plain_text import escape, isolated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Bar:
    """One row: ``value`` as written, ``length`` to draw it by (0 or unknown draws none), a quiet ``note`` beside it.

    With ``low`` and ``high`` the bar is that range, and ``length`` a mark in it. ``link`` is where its name leads.
    """

    name: str
    value: str
    length: float
    note: str = ""
    low: float | None = None
    high: float | None = None
    link: str | None = None


def bar_list(bars: Sequence[Bar], colour: str) -> None:
    """Draw a row for each bar, all to one scale; all others together have no bar: it would dwarf the named."""
    named = [bar for bar in bars if bar.name != ALL_OTHERS]
    longest = max((end for bar in named if (end := bar.high or bar.length) > 0), default=1.0)
    st.html(f'<div class="sl-bars">{"".join(_row(bar, longest, colour) for bar in bars)}</div>')


def split_bar(parts: Sequence[Bar], colours: Mapping[str, str]) -> None:
    """Draw one bar split into parts by their lengths, with a row of figures for each part."""
    whole = sum(part.length for part in parts if part.length > 0) or 1.0
    pieces = "".join(
        f'<span class="{_bar_class(part.name)}" title="{escape(isolated(part.name))}: {escape(part.value)}" '
        f'style="width:{100 * part.length / whole:.3f}%;{_fill(part.name, colours[part.name])}"></span>'
        for part in parts
        if part.length > 0
    )
    st.html(f'<div class="sl-bars"><div class="track split">{pieces}</div></div>')
    legend(colours, {part.name: f"{part.value} {part.note}".strip() for part in parts})


def legend(colours: Mapping[str, str], notes: Mapping[str, str] | None = None) -> None:
    """Draw what each colour stands for."""
    st.html(f'<div class="sl-legend">{"".join(_entries(colours, notes or {}))}</div>')


def legend_of(names: Sequence[str]) -> dict[str, str]:
    """Draw the legend of a chart's series and give their colours."""
    colours = series_colours(names)
    legend(colours)
    return colours


def legend_of_lines(names: Sequence[str]) -> dict[str, str]:
    """Draw the legend of a chart's lines, each as it is in the chart, and give their colours."""
    colours = series_colours(names)
    entries = (
        f'<span><span class="swatch line" style="background:{_dashed(colour, dash)}"></span>'
        f"{escape(isolated(name))}</span>"
        for (name, colour), dash in zip(colours.items(), dashes(names), strict=True)
    )
    st.html(f'<div class="sl-legend">{"".join(entries)}</div>')
    return colours


def _dashed(colour: str, dash: Sequence[int]) -> str:
    ends = list(accumulate(dash))
    stops = (
        f"{'transparent' if place % 2 else colour} {end - length}px {end}px"
        for place, (length, end) in enumerate(zip(dash, ends, strict=True))
    )
    return f"repeating-linear-gradient(90deg,{','.join(stops)})"


def _entries(colours: Mapping[str, str], notes: Mapping[str, str]) -> Iterable[str]:
    for name, colour in colours.items():
        note = f" <b>{escape(notes[name])}</b>" if name in notes else ""
        css = "swatch sl-hatched" if is_gap(name) else "swatch"
        swatch = f'<span class="{css}" style="{_fill(name, colour)}"></span>'
        yield f'<span title="{escape(isolated(name))}">{swatch}{escape(isolated(name))}{note}</span>'


def _row(bar: Bar, longest: float, colour: str) -> str:
    track = "" if bar.name == ALL_OTHERS else f'<span class="track">{_drawn(bar, longest, colour)}</span>'
    note = f'<span class="note">{escape(bar.note)}</span>' if bar.note else ""
    name = escape(bar.name)
    if bar.link is not None:
        name = f'<a href="{escape(bar.link)}" target="_self">{name}</a>'
    return (
        f'<div class="row"><span class="name" title="{escape(isolated(bar.name))}">{name}</span>'
        f'<span class="value">{escape(bar.value)}{note}</span>{track}</div>'
    )


def _drawn(bar: Bar, longest: float, colour: str) -> str:
    if bar.length <= 0:
        return ""
    ratio, fill = 100 / longest, _fill(bar.name, colour)
    if bar.low is None or bar.high is None:
        return f'<span class="{_bar_class(bar.name)}" style="width:{ratio * bar.length:.2f}%;{fill}"></span>'
    begin, width, edge = ratio * bar.low, ratio * (bar.high - bar.low), GAP if is_gap(bar.name) else colour
    return (
        f'<span class="{_bar_class(bar.name)} range" style="left:{begin:.2f}%;width:{width:.2f}%;{pale(edge)}"></span>'
        f'<span class="central" style="left:{ratio * bar.length:.2f}%"></span>'
    )


def _bar_class(name: str) -> str:
    return "bar sl-hatched" if is_gap(name) else "bar"


def _fill(name: str, colour: str) -> str:
    return "" if is_gap(name) else f"background:{colour}"
