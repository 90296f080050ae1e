"""Keywords of attribution that are nearly one of ours, or mean something else to reports: they are dimensions, too."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from spanledger import guard


def tell_typos(site: str, dimensions: Iterable[str], known: Iterable[str]) -> None:
    """Tells of each dimension whose name is nearly a keyword, or that reports go by already, once; it stays one."""
    names = tuple(known)
    for dimension in dimensions:
        meant = _meant(dimension, names)
        if meant is not None:
            guard.note(
                site,
                f"{dimension}=... is taken as a dimension of that name; did you mean {meant}=...?",
                once_for=dimension,
            )
        elif dimension in REPORTED and dimension not in names:
            guard.note(
                site,
                f"{dimension}=... is a dimension that no report can show: --by {dimension} is something else to it;"
                f" call it otherwise, such as our_{dimension}",
                once_for=dimension,
            )


@lru_cache(maxsize=1024)
def _meant(dimension: str, known: tuple[str, ...]) -> str | None:
    if dimension in known:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 (only where there are dimensions)

    close = get_close_matches(dimension.lower(), known, n=1, cutoff=0.8)
    if close:
        return close[0]
    if dimension.lower() == "env" and "environment" in known:
        return "environment"
    short = dimension.lower().replace("_", "").removesuffix("id").removesuffix("name")
    return next((name for name in known if short == name.replace("_", "")), None)


REPORTED: Final = frozenset({
    "month", "day", "hour", "service", "run", "provider", "account", "model", "operation", "service_tier", "region",
    "zone",
})  # fmt: skip
"""What reports go by that no keyword of attribution says."""
