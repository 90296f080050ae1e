"""The operations that count as calls of a model: what else a call is said to be would not be booked."""

from typing import Final

from spanledger import attributes, guard


def known_operation(site: str, operation: str) -> str:
    """The operation, as the ledger knows it. Of one that it does not know is told, and the call counts as a chat."""
    asked = str(operation).strip().lower()
    known = _ALIASES.get(asked)
    if known is None:
        from difflib import get_close_matches  # noqa: PLC0415 (only for what is wrong)

        close = get_close_matches(asked, _OPERATIONS, n=1)
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        guard.note(
            site,
            f"operation {operation!r} is not known, and counts as 'chat'{meant}. Known are {', '.join(_OPERATIONS)};"
            " what the call is for can be said with feature=",
            once_for=str(operation),
        )
        return "chat"
    return known


_OPERATIONS: Final = (
    "chat", "text_completion", "generate_content", "embeddings", "responses", "multimodal", "rerank",
    "image_generation", "speech", "transcription", attributes.OPERATION_VENDOR_USAGE,
)  # fmt: skip
_ALIASES: Final = {name: name for name in _OPERATIONS} | {
    "completion": "text_completion",
    "completions": "text_completion",
    "messages": "chat",
    "embedding": "embeddings",
    "embed": "embeddings",
    "image": "image_generation",
    "images": "image_generation",
    "audio.speech": "speech",
    "audio.transcription": "transcription",
    "reranking": "rerank",
}
