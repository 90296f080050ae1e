"""What a type checker sees of a user's code: decorated functions keep their types, and wrong use is told."""

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
from collections.abc import AsyncIterator, Iterator

import spanledger
from spanledger import attribution, header, llm_call, measure_energy, record_usage, record_vendor_usage

spanledger.configure(service_name="shop", send_baggage=["tenant"])


@llm_call
def bare(question: str, limit: int = 3) -> list[str]:
    return [question] * limit


@llm_call(provider="openai", model="gpt-4o-mini", tenant="account", desk="emea")
async def coroutine(account: str) -> int:
    return 1


@attribution(tenant="account", user=lambda account: account.upper())
def generator(account: str) -> Iterator[str]:
    yield account


@attribution(tenant="account")
@llm_call(operation="embeddings")
async def stream(account: str) -> AsyncIterator[bytes]:
    yield b"x"


class Desk:
    @llm_call(tenant="self.name")
    def ask(self, question: str) -> str:
        return question

    @classmethod
    @attribution(feature="search")
    def of_class(cls, number: int) -> "Desk":
        return cls()

    @staticmethod
    @llm_call
    def of_none(number: int) -> float:
        return 1.0


async def scopes() -> None:
    with attribution(tenant="acme", session="s-1", run_id=7) as scope:
        reveal_type(scope)
    async with attribution(user=None):
        pass
    with measure_energy(interval_s=5):
        record_usage(provider="openai", model="m", input_tokens=1, output_tokens=None, tenant="acme")
    record_vendor_usage(vendor="cohere", unit="search", quantity=1.5)
    reveal_type(spanledger.stats().dropped)
    header("x-tenant")


reveal_type(bare)
reveal_type(coroutine)
reveal_type(generator)
reveal_type(stream)
reveal_type(Desk().ask)
reveal_type(Desk.of_class)
reveal_type(Desk.of_none)
"""
REVEALED = [
    "spanledger.attribution.attribution_context.AttributionScope",
    "int",
    "def (question: str, limit: int =) -> list[str]",
    "def (account: str) -> typing.Coroutine[Any, Any, int]",
    "def (account: str) -> typing.Iterator[str]",
    "def (account: str) -> typing.AsyncIterator[bytes]",
    "def (question: str) -> str",
    "def (number: int) -> sample.Desk",
    "def (number: int) -> float",
]


def _mypy(folder: Path, code: str) -> tuple[int, str]:
    (folder / "sample.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "sample.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_users_module_is_clean_under_mypy_strict_and_keeps_its_types(tmp_path: Path) -> None:
    status, said = _mypy(tmp_path, SAMPLE)
    assert status == 0, said
    revealed = [line.partition('Revealed type is "')[2].removesuffix('"') for line in said.splitlines()[:-1]]
    assert [text.replace("builtins.", "").replace("collections.abc.", "typing.") for text in revealed] == REVEALED


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("bare(1)", "arg-type"),
        ("bare('x', limit='y')", "arg-type"),
        ("Desk().ask()", "call-arg"),
        ("llm_call(provider=3)(bare)", "call-overload"),
        ("attribution(tenant=['acme'])", "arg-type"),
        ("record_usage(provider='openai', model='m', input_tokens='1', output_tokens=1)", "arg-type"),
    ],
)
def test_wrong_use_is_an_error(wrong: str, told: str, tmp_path: Path) -> None:
    status, said = _mypy(tmp_path, f"{SAMPLE}\n{wrong}\n")
    assert status == 1
    (error,) = [line for line in said.splitlines() if ": error:" in line]
    assert f"[{told}]" in error
