"""How many examples a property is tried on where each of them books calls."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings


def booked(examples: int, **more: Any) -> settings:
    """So many examples, none of which is made smaller when it fails: at seconds each, that would take minutes.

    An example need not begin with fixtures as the test found them: it empties, or names anew, what it books.
    """
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
        **more,
    )
