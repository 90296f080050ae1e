"""The configured choices that calls are costed by; apart from the stages, whose sources take long to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_vocabulary.provider import called

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration


def methods(configuration: Configuration) -> dict[str, Any]:
    """The configured choices that the stages take as parameters."""
    return {
        "default_zone": configuration.default_zone,
        "energy_method": configuration.energy_method,
        "energy_bounds": configuration.energy_bounds,
        "grid_signal": configuration.grid_signal,
        "grid_basis": configuration.grid_basis,
        "default_pue": configuration.default_pue,
        "estimate_usage": int(configuration.estimate_usage),
        **own_machines(configuration),
    }


def own_machines(configuration: Configuration) -> dict[str, list[str]]:
    """The providers and hosts that are own or leased machines, as calls have them."""
    return {
        "own_providers": list(map(called, configuration.own_providers)),
        "own_hosts": list(configuration.own_hosts),
    }
