"""How uncertain modelled energy is: the terms of `files/reference/uncertainty.csv`, and what a model's parameters add.

A call's energy is its central value times factors whose logarithms are normal with mean 0. What calls share (the
method, the provider's overhead, a model's parameters) does not average out over them; what is their own does. The view
`energy_uncertainty` has the terms of each energy entry; `group_sums.sql` to `interval.sql` of the parts add them up.
"""

from __future__ import annotations

import csv
import importlib.resources
import math
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanledger_enrich.energy.ecologits import Range
    from spanledger_sql.store import Store

# Standard deviations between the 5 % and the 95 % end of a normal distribution, and of one end from the middle.
ENDS = 3.29
END = 1.645
# What a model's energy is proportional to: active and total parameters to these powers (the token-aware method's fit).
_ACTIVE, _TOTAL = 0.21, 0.65


@dataclass(frozen=True, slots=True)
class Term:
    """A row of the reference data.

    Attributes:
        of: The energy method, `grid` or `price`.
        term: What is uncertain.
        sigma: Standard deviation of the logarithm.
        low: The assumption's 5 % end; None where sigma does not follow from ends.
        high: Its 95 % end.
        shared_by: Which calls err alike.
        source: Where it is from.
    """

    of: str
    term: str
    sigma: float
    low: float | None
    high: float | None
    shared_by: str
    source: str


@cache
def terms() -> tuple[Term, ...]:
    """All rows."""
    file = importlib.resources.files("spanledger_enrich.files") / "reference/uncertainty.csv"
    return tuple(
        Term(
            row["of"],
            row["term"],
            float(row["sigma"]),
            float(row["low"]) if row["low"] else None,
            float(row["high"]) if row["high"] else None,
            row["shared_by"],
            row["source"],
        )
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    )


def sigmas(method: str) -> dict[str, float]:
    """The standard deviations of a method's terms, by term."""
    return {term.term: term.sigma for term in terms() if term.of == method}


def load(store: Store) -> None:
    """Put the terms into the table `uncertainty`, unless these are there."""
    rows = [asdict(term) for term in terms()]
    stored = store.rows("SELECT * EXCEPT loaded_at FROM uncertainty FINAL ORDER BY of, term")
    if stored != sorted(rows, key=lambda row: (row["of"], row["term"])):
        store.execute("TRUNCATE TABLE uncertainty")
        store.insert("uncertainty", rows)


def of_parameters(active: Range, total: Range) -> float:
    """The standard deviation of ln(energy) for parameters that are known to lie in ranges, the ends of 90 %."""
    return (_ACTIVE * math.log(active.high / active.low) + _TOTAL * math.log(total.high / total.low)) / ENDS


def of_size(size: Range) -> float:
    """The same of a model that reads only, whose energy is proportional to its size."""
    return math.log(size.high / size.low) / ENDS
