"""What a call that raised says it used: the provider may have answered, and charges for it, before somebody raised.

An answer that does not fit what it shall be parsed into, or that was cut off, is in the error; or only in the frames of
the SDK that raised it. Of those only the answer itself is read, and of it only its usage.
"""

import json
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes
from spanledger.answers.fields import Attributes
from spanledger.answers.reading import read_answer


def read_failure(error: BaseException, known: Mapping[str, AttributeValue]) -> Attributes:
    """The span attributes that a failed call's answer gives; empty where there was none, or it tells no usage.

    Apps raise errors of their own from an SDK's: that is read as well, where it was caught within this very call. Of
    those of a group each is: what the first one's answer does not tell goes to `OTHER_MODELS`.
    """
    told = _told_along(error, known)
    if not told:
        return {}
    first, *others = told
    others = [other for other in others if attributes.RESPONSE_MODEL in other]
    if others:
        first[attributes.OTHER_MODELS] = json.dumps(others)
    return first


def _told_along(error: BaseException, known: Mapping[str, AttributeValue]) -> list[Attributes]:
    within = set(_frames(error))
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen and (cause is error or within.intersection(_frames(cause)[:1])):
        seen.add(id(cause))
        within |= set(_frames(cause))
        if found := _told_by(cause, known):
            return [found]
        if isinstance(cause, BaseExceptionGroup):
            told = [found for inside in cause.exceptions for found in _told_along(inside, known)]
            if told:
                return told
        cause = cause.__cause__ or cause.__context__
    return []


def _told_by(error: BaseException, known: Mapping[str, AttributeValue]) -> Attributes:
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


def _frames(error: BaseException) -> list[FrameType]:
    """Where it passed, from where it was caught to where it was raised."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        found.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return found


def _usage_of(answer: Any, known: Mapping[str, AttributeValue]) -> Attributes:
    found = {} if answer is None else read_answer(answer, known)
    return {} if attributes.COUNTS.isdisjoint(found) else found


_HOLDERS: Final = ("completion", "last_completion", "raw_response", "response", "body")
_LOCALS: Final = (
    "raw_completion", "chat_completion", "completion", "raw_response", "raw_message", "response", "message",
)  # fmt: skip
_SDKS: Final = ("openai.", "anthropic.")
