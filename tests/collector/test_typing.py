"""What a type checker sees of a user's code: decorated functions keep their types, and wrong use is told."""

import subprocess
import sys

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


WRONG = {
    "bare(1)": "arg-type",
    "bare('x', limit='y')": "arg-type",
    "Desk().ask()": "call-arg",
    "llm_call(provider=3)(bare)": "call-overload",
    "attribution(tenant=['acme'])": "arg-type",
    "record_usage(provider='openai', model='m', input_tokens='1', output_tokens=1)": "arg-type",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the checker says of the user's module, and of each that adds a line of wrong use to it, by file.

    It looks at all of them at once: what they import takes longer than they do.
    """
    folder = tmp_path_factory.mktemp("typing")
    modules = {"sample": SAMPLE} | {f"wrong_{n}": f"{SAMPLE}\n{wrong}\n" for n, wrong in enumerate(WRONG)}
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", *(f"{name}.py" for name in modules)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    told = {name: [line for line in lines if line.startswith(f"{name}.py:")] for name in modules}
    assert sum(map(len, told.values())) == len(lines) - 1, done.stdout
    return told


def test_a_users_module_is_clean_under_mypy_strict_and_keeps_its_types(said: dict[str, list[str]]) -> None:
    assert [line for line in said["sample"] if ": note: Revealed type is " not in line] == []
    revealed = [line.partition('Revealed type is "')[2].removesuffix('"') for line in said["sample"]]
    assert [text.replace("builtins.", "").replace("collections.abc.", "typing.") for text in revealed] == REVEALED


@pytest.mark.parametrize(("number", "told"), list(enumerate(WRONG.values())), ids=list(WRONG))
def test_wrong_use_is_an_error(number: int, told: str, said: dict[str, list[str]]) -> None:
    (error,) = [line for line in said[f"wrong_{number}"] if ": error:" in line]
    assert f"[{told}]" in error
