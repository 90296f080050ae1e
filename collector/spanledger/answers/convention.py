"""Which tokens a provider counts inside its input and output, and which beside them: one table for all who read usage.

Audio, image and video tokens are inside everywhere. Who speaks OpenAI's language is known by its name, or by that of
its model; whoever is not in the table counts as OpenAI does.
"""

from typing import Final, Literal, NamedTuple


class Convention(NamedTuple):
    """How one provider, or one shape of an answer, counts.

    Attributes:
        name: Whose it is.
        providers: What those are called who speak OpenAI's language and count so.
        models: How the names of their models begin.
        beside_input: Classes of tokens that its input leaves out.
        beside_output: Classes of tokens that its output leaves out.
        total: What `total_tokens` tells: "all" of them; "reasoning" too that nothing else tells; or not "beside", what
            is counted beside the input and output.
        source: Where it is documented.
    """

    name: str
    providers: tuple[str, ...]
    models: tuple[str, ...]
    beside_input: tuple[str, ...]
    beside_output: tuple[str, ...]
    total: Literal["all", "reasoning", "not beside"]
    source: str


OPENAI: Final = Convention(
    "openai", (), (), (), (), "all", "https://platform.openai.com/docs/api-reference/chat/object"
)
ANTHROPIC: Final = Convention(
    "anthropic", (), (), ("cache_read", "cache_write"), (), "all", "https://docs.claude.com/en/api/messages"
)
GEMINI: Final = Convention(
    "gemini", (), (), ("tool_prompt",), ("reasoning",), "all",
    "https://ai.google.dev/api/generate-content#UsageMetadata",
)  # fmt: skip
BEDROCK: Final = Convention(
    "bedrock", (), (), ("cache_read", "cache_write"), (), "all",
    "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html",
)  # fmt: skip
COHERE: Final = Convention("cohere", (), (), (), (), "all", "https://docs.cohere.com/reference/chat")
LANGCHAIN: Final = Convention(
    "langchain", (), (), (), (), "all",
    "https://python.langchain.com/api_reference/core/messages/langchain_core.messages.ai.UsageMetadata.html",
)  # fmt: skip
OLLAMA: Final = Convention("ollama", (), (), (), (), "all", "https://docs.ollama.com/api/usage")
SPANLEDGER: Final = Convention("spanledger", (), (), (), (), "all", "spanledger.record_usage")

CONVENTIONS: Final = (
    OPENAI, ANTHROPIC, GEMINI, BEDROCK, COHERE, LANGCHAIN, OLLAMA, SPANLEDGER,
    Convention(
        "gemini, in openai's language", ("gcp.gemini", "gcp.vertex_ai", "gemini", "google", "vertex_ai"), ("gemini-",),
        (), ("reasoning",), "reasoning", "https://ai.google.dev/gemini-api/docs/openai",
    ),
    Convention(
        "x_ai", ("x_ai", "xai"), ("grok-",),
        (), ("reasoning",), "all", "https://docs.x.ai/docs/guides/reasoning",
    ),
    Convention(
        "perplexity", ("perplexity",), ("sonar",),
        ("citation",), ("reasoning",), "not beside", "https://docs.perplexity.ai/getting-started/pricing",
    ),
)  # fmt: skip
"""The table."""


def convention_of(provider: str, model: str) -> Convention:
    """The convention of an answer in OpenAI's language, by who gave it, else by its model."""
    known = _BY_PROVIDER.get(provider)
    if known is not None:
        return known
    if provider in _NOT_TOLD and model.startswith(_BEGINNINGS):
        for beginning, convention in _BY_MODEL:
            if model.startswith(beginning):
                return convention
    return OPENAI


_BY_PROVIDER: Final = {name: convention for convention in CONVENTIONS for name in convention.providers}
_BY_MODEL: Final = tuple((beginning, convention) for convention in CONVENTIONS for beginning in convention.models)
_BEGINNINGS: Final = tuple(beginning for beginning, _ in _BY_MODEL)
_NOT_TOLD: Final = ("", "openai")  # the shape's own name, where nobody says whose it is
