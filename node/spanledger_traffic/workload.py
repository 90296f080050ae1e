"""Puts the calls of a trace to tenants, models and places: deterministically, and as unevenly as real tenants are.

The traces say when calls came and how many tokens they had, and nothing else. Tenants, features, users, models and
regions here are made up; tokens, times and cache hits are the trace's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from spanledger_traffic.trace_file import BLOCK_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spanledger_traffic.trace_file import TracedCall


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model at a provider, in a region; ``cache`` says how the provider reports prompt caching."""

    provider: str
    model: str
    cache: str  # 'read', 'read and write' or 'none'
    cloud: str | None = None
    region: str | None = None
    server_address: str | None = None


# Sold in October 2024, the time of the demo's grid data; the list prices of these dated models have not changed since.
GPT_4O_GERMANY = Deployment("azure.ai.openai", "gpt-4o-2024-08-06", "read", "azure", "germanywestcentral")
GPT_4O_CALIFORNIA = Deployment("azure.ai.openai", "gpt-4o-2024-08-06", "read", "azure", "westus")
GPT_4O_MINI_UK = Deployment("azure.ai.openai", "gpt-4o-mini-2024-07-18", "read", "azure", "uksouth")
GPT_4O_MINI = Deployment("openai", "gpt-4o-mini-2024-07-18", "read", server_address="api.openai.com")
CLAUDE_SONNET = Deployment(
    "anthropic", "claude-3-5-sonnet-20240620", "read and write", server_address="api.anthropic.com"
)
LLAMA_OWN = Deployment("vllm", "meta-llama/Meta-Llama-3.1-8B-Instruct", "none", "aws", "eu-central-1")

UNATTRIBUTED = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A made-up customer: its weight among all, and its deployments with theirs."""

    name: str | None
    weight: float
    cost_center: str | None
    deployments: tuple[tuple[Deployment, float], ...]


# Weights fall roughly as 1/rank. The calls without a tenant are the gap that every real set-up has.
TENANTS = (
    Tenant("northwind", 36, "CC-100", ((GPT_4O_GERMANY, 7), (GPT_4O_MINI_UK, 3))),
    Tenant("lumen-health", 22, "CC-200", ((GPT_4O_MINI_UK, 6), (GPT_4O_GERMANY, 3), (LLAMA_OWN, 1))),
    Tenant("acme-legal", 15, "CC-300", ((CLAUDE_SONNET, 6), (GPT_4O_CALIFORNIA, 4))),
    Tenant("quarry-games", 12, "CC-400", ((GPT_4O_CALIFORNIA, 5), (GPT_4O_MINI, 5))),
    Tenant("studio-nine", 8, "CC-500", ((GPT_4O_MINI, 8), (GPT_4O_MINI_UK, 2))),
    Tenant("harbor-bank", 5, "CC-600", ((GPT_4O_GERMANY, 10),)),
    Tenant(UNATTRIBUTED, 2, None, ((GPT_4O_MINI, 10),)),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the app would have reported it. Tokens as OpenTelemetry counts them: cached ones are in the input."""

    start: datetime
    end: datetime
    time_to_first_token_s: float
    tenant: str | None
    cost_center: str | None
    feature: str
    session: str
    deployment: Deployment
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int


@dataclass
class Workload:
    """Turns traced calls into calls of tenants.

    Args:
        start: When the first call starts (aware).
        stretch: Factor by which the trace's times are drawn out.
        seed: Decides who makes which call; the same seed gives the same calls.
        feature: What calls without block hashes are for.
    """

    start: datetime
    stretch: float = 1.0
    seed: int = 1
    feature: str = "chat"
    _cached: dict[tuple[str | None, Deployment], set[tuple[int, int]]] = field(default_factory=dict)

    def calls(self, traced: Iterable[TracedCall]) -> Iterator[Call]:
        """The calls, in the trace's order."""
        for number, call in enumerate(traced):
            # The first block is a system prompt that all conversations share; the second tells them apart.
            conversation = call.blocks[1] if len(call.blocks) > 1 else f"request {number}"
            draw = random.Random(f"{self.seed}/{conversation}")  # noqa: S311  (a reproducible draw, no secret)
            tenant = draw.choices(TENANTS, [tenant.weight for tenant in TENANTS])[0]
            deployment = draw.choices(*zip(*tenant.deployments, strict=True))[0]
            read, written = self._cache(tenant, deployment, call)
            start = self.start + timedelta(seconds=call.offset_s * self.stretch)
            # A plausible latency, since the traces have none. No cost depends on it. Modelled energy does, where the
            # answer comes sooner than EcoLogits expects: here by up to 21 %.
            first_token_s = 0.25 + (call.input_tokens - read) / 20_000
            yield Call(
                start=start,
                end=start + timedelta(seconds=first_token_s + call.output_tokens * 0.02),
                time_to_first_token_s=first_token_s,
                tenant=tenant.name,
                cost_center=tenant.cost_center,
                feature=self._feature(call),
                session=f"s-{conversation}" if call.blocks else f"s-{draw.randrange(10**6):06d}",
                deployment=deployment,
                input_tokens=call.input_tokens,
                cache_read_tokens=read,
                cache_write_tokens=written,
                output_tokens=call.output_tokens,
            )

    def _feature(self, call: TracedCall) -> str:
        if not call.blocks:
            return self.feature
        return "document-review" if call.input_tokens > 16_000 else "chat"

    def _cache(self, tenant: Tenant, deployment: Deployment, call: TracedCall) -> tuple[int, int]:
        """Tokens read from and written to the prompt cache: leading blocks that this tenant's deployment has seen."""
        if deployment.cache == "none" or not call.blocks:
            return 0, 0
        seen = self._cached.setdefault((tenant.name, deployment), set())
        # A block's hash covers what came before it, so its place and hash identify the prefix.
        prefix = list(enumerate(call.blocks))
        hits = next((place for place, block in prefix if (place, block) not in seen), len(prefix))
        seen.update(prefix)
        read = min(BLOCK_TOKENS * hits, call.input_tokens)
        if deployment.cache == "read":
            return read, 0
        whole_blocks = call.input_tokens // BLOCK_TOKENS
        return read, max(0, BLOCK_TOKENS * whole_blocks - read)
