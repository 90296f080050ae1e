"""Names of models as gateways, clouds and servers report them, and whose size they mean."""

from __future__ import annotations

import pytest

from spanledger_enrich.energy import energy_model, model_size
from spanledger_enrich.energy.model_kind import Kind, kind_of
from spanledger_enrich.energy.size_in_name import size_in_name

NAMES = [
    # (provider, name, the entry's maker and model)
    ("openrouter", "openai/gpt-4o", "openai/gpt-4o"),
    ("openrouter", "openai/gpt-4o:free", "openai/gpt-4o"),
    ("openrouter", "openai/gpt-4o:batch", "openai/gpt-4o"),
    ("azure.ai.openai", "gpt-4o-mini-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678", "openai/gpt-4o-mini-2024-07-18"),
    ("openai", "ft:gpt-4o-2024-08-06:our-org:support:AbC123", "openai/gpt-4o-2024-08-06"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:our-org::AbC123", "openai/gpt-4o-mini-2024-07-18"),
    ("litellm", "azure/eu/gpt-4o-2024-11-20", "openai/gpt-4o-2024-11-20"),
    ("azure.ai.openai", "gpt-35-turbo", "openai/gpt-35-turbo"),
    ("openrouter", "openai/gpt-5-mini", "openai/gpt-5-mini"),
    ("openrouter", "openai/gpt-5.1", "openai/gpt-5.1"),
    ("openai", "gpt-4o-2031-01-01", "openai/gpt-4o"),
    ("openrouter", "google/gemini-2.5-flash", "google_genai/gemini-2.5-flash"),
    ("gcp.vertex_ai", "publishers/google/models/gemini-2.5-flash", "google_genai/gemini-2.5-flash"),
    ("gcp.gemini", "models/gemini-2.0-flash-001", "google_genai/gemini-2.0-flash"),
    ("gcp.gemini", "gemini-2.5-flash-preview-09-2025", "google_genai/gemini-2.5-flash"),
    ("openrouter", "google/gemini-2.5-flash-preview-05-20:thinking", "google_genai/gemini-2.5-flash"),
    ("openrouter", "google/gemini-2.5-pro-exp-03-25:free", "google_genai/gemini-2.5-pro"),
    ("openrouter", "google/gemini-flash-1.5", "google_genai/gemini-1.5-flash"),
    ("gcp.gemini", "gemini-1.5-flash-8b", "google_genai/gemini-1.5-flash-8b"),
    ("gcp.gemini", "gemini-1.5-pro-002", "google_genai/gemini-1.5-pro"),
    ("anthropic", "claude-3-7-sonnet-20250219", "anthropic/claude-3-7-sonnet"),
    ("openrouter", "anthropic/claude-3.7-sonnet", "anthropic/claude-3-7-sonnet"),
    ("openrouter", "anthropic/claude-3.7-sonnet:thinking", "anthropic/claude-3-7-sonnet"),
    ("openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
    ("anthropic", "claude-sonnet-4-20250514", "anthropic/claude-sonnet-4"),
    ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic/claude-sonnet-4-5-20250929"),
    ("aws.bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic/claude-3-5-sonnet"),
    ("gcp.vertex_ai", "claude-3-5-sonnet-v2@20241022", "anthropic/claude-3-5-sonnet"),
    ("gcp.vertex_ai", "claude-opus-4-1@20250805", "anthropic/claude-opus-4-1"),
    ("aws.bedrock", "regional.anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic/claude-3-7-sonnet"),
    (
        "aws.bedrock",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/anthropic.claude-3-haiku-20240307-v1:0/abc123",
        "anthropic/claude-3-haiku",
    ),
    ("databricks", "databricks-claude-3-7-sonnet", "anthropic/claude-3-7-sonnet"),
    ("deepseek", "deepseek-chat", "deepseek/deepseek-v3"),
    ("deepseek", "deepseek-reasoner", "deepseek/deepseek-r1"),
    ("together_ai", "deepseek-ai/DeepSeek-V3.1", "deepseek/deepseek-v3.1"),
    ("fireworks", "accounts/fireworks/models/deepseek-v3p1", "deepseek/deepseek-v3.1"),
    ("aws.bedrock", "us.deepseek.r1-v1:0", "deepseek/deepseek-r1"),
    ("aws.bedrock", "deepseek.v3-v1:0", "deepseek/deepseek-v3"),
    ("openrouter", "deepseek/deepseek-r1-0528:free", "deepseek/deepseek-r1"),
    ("vllm", "deepseek-ai/DeepSeek-V3.2-Exp", "deepseek/deepseek-v3.2"),
    ("groq", "llama-3.3-70b-versatile", "meta/llama-3.3-70b"),
    ("groq", "llama3-70b-8192", "meta/llama-3-70b"),
    ("aws.bedrock", "us.meta.llama3-1-70b-instruct-v1:0", "meta/llama-3.1-70b"),
    ("aws.bedrock", "meta.llama4-maverick-17b-instruct-v1:0", "meta/llama-4-maverick"),
    ("together_ai", "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", "meta/llama-4-maverick"),
    ("groq", "meta-llama/llama-4-scout-17b-16e-instruct", "meta/llama-4-scout"),
    ("fireworks", "accounts/fireworks/models/llama-v3p1-405b-instruct", "meta/llama-3.1-405b"),
    ("together_ai", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "meta/llama-3.1-8b"),
    ("gcp.vertex_ai", "meta/llama-3.1-405b-instruct-maas", "meta/llama-3.1-405b"),
    ("cloudflare", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", "meta/llama-3.3-70b"),
    ("ollama", "llama3.1:70b-instruct-q4_K_M", "meta/llama-3.1-70b"),
    ("databricks", "databricks-meta-llama-3-1-70b-instruct", "meta/llama-3.1-70b"),
    ("vllm", "NousResearch/Hermes-3-Llama-3.1-405B", "meta/llama-3.1-405b"),
    ("ollama", "qwen3:30b-a3b", "qwen/qwen3-30b-a3b"),
    ("vllm", "Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen/qwen3-235b-a22b"),
    ("together_ai", "Qwen/Qwen2.5-72B-Instruct-Turbo", "qwen/qwen2.5-72b"),
    ("openrouter", "qwen/qwen3-coder", "qwen/qwen3-coder"),
    ("vllm", "Qwen/Qwen3-8B-AWQ", "qwen/qwen3-8b"),
    ("openrouter", "moonshotai/kimi-k2-0905", "moonshot/kimi-k2"),
    ("aws.bedrock", "moonshot.kimi-k2-thinking", "moonshot/kimi-k2"),
    ("openrouter", "z-ai/glm-4.5-air", "z.ai/glm-4.5-air"),
    ("fireworks", "accounts/fireworks/models/glm-4p6", "z.ai/glm-4.6"),
    ("fireworks", "accounts/fireworks/models/kimi-k2p6", "moonshot/kimi-k2.6"),
    ("openrouter", "z-ai/glm-5.1", "z.ai/glm-5.1"),
    ("huggingface", "XiaomiMiMo/MiMo-V2.5-Pro", "xiaomi/mimo-v2.5-pro"),
    ("openrouter", "minimax/minimax-m3:batch", "minimax/minimax-m3"),
    ("openrouter", "minimax/minimax-m2", "minimax/minimax-m2"),
    ("mistral_ai", "mistral-large-2407", "mistralai/mistral-large-2407"),
    ("aws.bedrock", "mistral.mistral-large-2407-v1:0", "mistralai/mistral-large-2407"),
    ("mistral_ai", "mistral-large-2411", "mistralai/mistral-large-2411"),
    ("mistral_ai", "mistral-medium-2505", "mistralai/mistral-medium"),
    ("aws.bedrock", "mistral.mixtral-8x7b-instruct-v0:1", "mistralai/mixtral-8x7b"),
    ("groq", "mixtral-8x7b-32768", "mistralai/mixtral-8x7b"),
    ("mistral_ai", "open-mixtral-8x22b", "mistralai/mixtral-8x22b"),
    ("mistral_ai", "codestral-2405", "mistralai/codestral-2405"),
    ("ollama", "gpt-oss:20b", "openai/gpt-oss-20b"),
    ("aws.bedrock", "openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"),
    ("groq", "openai/gpt-oss-120b", "huggingface_hub/openai/gpt-oss-120b"),
    ("ollama", "gemma3:27b", "google/gemma-3-27b"),
    ("vllm", "google/gemma-3n-E4B-it", "google/gemma-3n-e4b"),
    ("azure.ai.inference", "Phi-4", "microsoft/phi-4"),
    ("aws.bedrock", "cohere.command-r-plus-v1:0", "cohere/command-r-plus"),
    ("nvidia_nim", "nvidia/llama-3.1-nemotron-ultra-253b-v1", "nvidia/llama-3.1-nemotron-ultra-253b"),
    ("aws.bedrock", "ai21.jamba-1-5-large-v1:0", "ai21/jamba-1.5-large"),
    ("vllm", "allenai/OLMo-2-0325-32B-Instruct", "ai2/olmo-2-32b"),
    ("vllm", "/data/hf/meta-llama/Llama-3.1-8B-Instruct/", "meta/llama-3.1-8b"),
]


@pytest.mark.parametrize(("provider", "name", "model"), NAMES, ids=[f"{at}: {name}" for at, name, _ in NAMES])
def test_a_gateways_name_means_the_base_model(provider: str, name: str, model: str) -> None:
    assert energy_model.resolve(provider, [name]) == f"ecologits/{model}"


@pytest.mark.parametrize(
    "name",
    [
        "deepseek-r1-distill-llama-70b",  # of Llama's size
        "deepseek-r1-distill-qwen-32b",  # 32 is not R1's active part, 37
        "deepseek-r1:8b",
        "qwen3-coder-9b",
        "codestral-mamba-3b",
        "glm-5.9",  # no row says anything of a version to come
        "kimi-k3",
        "gemini-2.5-flash-exp-ours",
        "gpt-4o-mini-ours",  # a deployment's name, not the model's
        "o1-pro",
        "claude-sonnet-7",
        "deepseek-v9",
        "llama-3.9",
        "internal-model",
    ],
)
def test_another_models_size_is_not_taken(name: str) -> None:
    assert energy_model.resolve("openrouter", [name]) == ""


@pytest.mark.parametrize(
    ("name", "active", "total"),
    [
        ("our-7b", (7, 7), (7, 7)),
        ("our-30b-a3b", (3, 3), (30, 30)),
        ("our-3b-a800m", (0.8, 0.8), (3, 3)),
        ("our-moe-a2.7b", (2.7, 2.7), (8.1, 40.5)),
        ("our-moe-1b-7b", (1, 1), (7, 7)),
        ("our-1t-a50b", (50, 50), (1000, 1000)),
        ("our-17b-16e-instruct", (17, 17), (68, 136)),
        ("our-270m", (0.27, 0.27), (0.27, 0.27)),
        ("our-e4b-it", (4, 4), (4, 11.2)),
        # Two experts answer, whatever their number; Mixtral 8x7B has 12.9 billion active of 46.7, and 8x22B 39 of 141.
        ("our-8x7b", (12.88, 12.88), (47.04, 47.04)),
        ("our-8x22b", (40.48, 40.48), (147.84, 147.84)),
    ],
)
def test_a_size_in_a_name_is_read_as_it_is_meant(
    name: str, active: tuple[float, float], total: tuple[float, float]
) -> None:
    found = size_in_name(name)
    assert found is not None
    assert (found.active.low, found.active.high) == pytest.approx(active)
    assert (found.total.low, found.total.high) == pytest.approx(total)


@pytest.mark.parametrize("name", ["gpt-4-128k", "our-1m-context", "model-v7b2", "mode4b", "8bit"])
def test_what_is_no_size_is_not_taken_for_one(name: str) -> None:
    assert size_in_name(name) is None


def test_every_size_in_the_list_has_a_source_and_can_be() -> None:
    for row in model_size.listed():
        assert row.source.startswith("https://"), row
        assert 0 < row.active.low <= row.active.high <= row.total.high, row
        assert model_size.find(row.model) == row
        assert all(model_size.find(name) == row for name in row.also), row


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text-embedding-3-large", Kind.embedding),
        ("BAAI/bge-m3", Kind.embedding),
        ("amazon.titan-embed-text-v2:0", Kind.embedding),
        ("nomic-embed-text", Kind.embedding),
        ("voyage-3-large", Kind.embedding),
        ("colbert-ir/colbertv2.0", Kind.embedding),
        ("naver/splade-v3", Kind.embedding),
        ("cohere.rerank-v3-5:0", Kind.rerank),
        ("BAAI/bge-reranker-v2-m3", Kind.rerank),
        ("gpt-image-1", Kind.image),
        ("dall-e-3", Kind.image),
        ("imagen-4.0-generate-001", Kind.image),
        ("gemini-2.5-flash-image", Kind.image),
        ("nano-banana", Kind.image),
        ("amazon.nova-canvas-v1:0", Kind.image),
        ("veo-3.0", Kind.video),
        ("sora-2", Kind.video),
        ("whisper-1", Kind.speech),
        ("gpt-4o-mini-tts", Kind.speech),
        ("gpt-4o-transcribe", Kind.speech),
        ("gpt-realtime-mini", Kind.speech),
        ("gpt-audio", Kind.speech),
        ("gemini-live-2.5-flash", Kind.speech),
        ("grok-voice-latest", Kind.speech),
        ("omni-moderation-latest", Kind.moderation),
        ("gpt-4o", Kind.text),
        ("amazon.nova-pro-v1:0", Kind.text),
        ("llama-3.2-90b-vision-instruct", Kind.text),
        ("gpt-4o-audio-preview", Kind.text),
        ("gpt-4o-realtime-preview", Kind.text),
        ("mistral-small-latest", Kind.text),
    ],
)
def test_a_name_tells_what_a_model_does(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


def test_no_listed_size_hides_an_entry_of_ecologits() -> None:
    theirs = {(row["provider"], row["model"]) for row in energy_model.catalogue()}
    assert not theirs & {(row.maker, row.model) for row in model_size.listed()}
