"""The theme's own colours, which stand before the pages' style does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import spanledger_dashboards

THEME = tomllib.loads((Path(spanledger_dashboards.__file__).parent / ".streamlit" / "config.toml").read_text())["theme"]
# What Streamlit takes of the text's colour for captions.
QUIET = 0.6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_quiet_text_stands_out_from_each_ground_of_the_theme(scheme: str) -> None:
    theme = THEME[scheme]
    grounds = {theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]}
    for ground in grounds:
        text, behind = channels(theme["textColor"]), channels(ground)
        quiet = [QUIET * above + (1 - QUIET) * below for above, below in zip(text, behind, strict=True)]
        most, least = sorted((light(quiet), light(behind)), reverse=True)
        assert (most + 0.05) / (least + 0.05) >= 4.5, ground


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def light(colour: list[float]) -> float:
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
