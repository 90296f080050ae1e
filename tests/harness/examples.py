"""How many examples a property is tried on where each of them books calls."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings


def booked(examples: int, **more: Any) -> settings:
    """So many examples, none of which is made smaller when it fails: at seconds each, that would take minutes.

    An example need not begin with fixtures as the test found them: it empties, or names anew, what it books. Of
    what is drawn at random a run of all tests tries half; `make fuzz` tries all.
    """
    drawn = not more.get("derandomize") and "SPANLEDGER_FUZZ_SEEDS" not in os.environ
    return settings(
        max_examples=-(-examples // 2) if drawn else examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
        **more,
    )
