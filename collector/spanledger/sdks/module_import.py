"""Doing something with a module once it is imported, now where it is already, without importing it."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from spanledger import guard


def after_import(name: str, action: Callable[[ModuleType], None]) -> None:
    """Calls `action(module)` when the module is imported; at once where it is already. It never raises."""
    module = sys.modules.get(name)
    if module is not None:
        with _ACTING:
            action(module)
        return
    _waiting.setdefault(name, [])
    if action not in _waiting[name]:
        _waiting[name].append(action)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget(name: str, action: Callable[[ModuleType], None]) -> None:
    """Takes back what waits for the module."""
    if action in _waiting.get(name, []):
        _waiting[name].remove(action)


class _Finder:
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 (given by the import system)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        actions = _waiting.pop(fullname, None)
        if not actions:
            return None
        spec = importlib.util.find_spec(fullname)  # by the finders behind this one
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, actions)  # type: ignore[assignment]
        return spec


class _Loader:
    def __init__(self, loader: Any, actions: list[Callable[[ModuleType], None]]) -> None:
        self._loader = loader
        self._actions = actions

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        for action in self._actions:
            with _ACTING:
                action(module)


_waiting: dict[str, list[Callable[[ModuleType], None]]] = {}
_finder: Final = _Finder()
_ACTING: Final = guard.Shield("acting on an import")
