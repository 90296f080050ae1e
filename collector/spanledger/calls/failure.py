"""What a call that raised says it used: the provider may have answered, and charges for it, before somebody raised.

An answer that does not fit what it shall be parsed into, or that was cut off, is in the error; or only in the frames of
the SDK that raised it. Of those only the answer itself is read, and of it only its usage.
"""

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes
from spanledger.answers.fields import Attributes
from spanledger.answers.reading import read_answer


def read_failure(error: BaseException, known: Mapping[str, AttributeValue]) -> Attributes:
    """The span attributes that a failed call's answer gives; empty where there was none, or it tells no usage."""
    for name in _HOLDERS:
        found = _usage_of(getattr(error, name, None), known)
        if found:
            return found
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if str(frame.f_globals.get("__name__", "")).startswith(_SDKS):
            for name in _LOCALS:
                found = _usage_of(frame.f_locals.get(name), known)
                if found:
                    return found
        traceback = traceback.tb_next
    return {}


def _usage_of(answer: Any, known: Mapping[str, AttributeValue]) -> Attributes:
    found = {} if answer is None else read_answer(answer, known)
    return {} if attributes.COUNTS.isdisjoint(found) else found


_HOLDERS: Final = ("completion", "last_completion", "raw_response", "response", "body")
_LOCALS: Final = (
    "raw_completion", "chat_completion", "completion", "raw_response", "raw_message", "response", "message",
)  # fmt: skip
_SDKS: Final = ("openai.", "anthropic.")
