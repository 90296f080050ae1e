"""Help in the blink of an eye: it reads what commands take, and needs none of the libraries that they work with."""

from __future__ import annotations

import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# Half a second of imports, and more.
_WORKED_WITH: Final = frozenset({
    "chdb", "clickhouse_connect", "codecarbon", "ecologits", "genai_prices", "httpx", "numpy", "pandas", "pyarrow",
})  # fmt: skip


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for help, whatever else it says.

    After an option `-h` may be its value, and the command runs: then this says no, and help takes longer.
    """
    before_values = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(
        word in {"-h", "--help"} and (not before.startswith("-") or "=" in before)
        for before, word in pairwise(["", *before_values])
    )


def leave_libraries_out() -> None:
    """From now on import an empty stand-in of each of these libraries: for a process that prints help, and ends."""
    sys.meta_path.insert(0, _Nothing())


class _Nothing(MetaPathFinder, Loader):
    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in _WORKED_WITH else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


class _Empty(types.ModuleType):
    __version__ = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _AnyClass(name, (), {})


class _AnyClass(type):
    """Classes that can be derived from, combined and named in signatures, and do nothing."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _AnyClass(name, (), {})

    def __getitem__(cls, of: object) -> Any:
        return cls

    def __call__(cls, *_: object, **__: object) -> Any:
        return cls
