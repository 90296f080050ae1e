"""Reading what an answer says it used, whole or in the chunks of a stream, whosever it is; never its contents.

Each is read as the SDK's object or as a plain dict, and brought to one meaning of the attributes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from spanledger import attributes
from spanledger.answers.batch import read_batch_line
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import Attributes, fields_of, value_in
from spanledger.answers.langchain import read_langchain, read_langchain_chunk
from spanledger.answers.plain import read_plain
from spanledger.answers.providers.anthropic import read_message, read_message_event
from spanledger.answers.providers.bedrock import read_bedrock, read_bedrock_chunk
from spanledger.answers.providers.cohere import read_cohere, read_cohere_chunk
from spanledger.answers.providers.gemini import read_gemini, read_interaction_event
from spanledger.answers.providers.ollama import read_ollama
from spanledger.answers.providers.openai.answer import read_openai, read_openai_chunk
from spanledger.answers.providers.openai.identity import Asked
from spanledger.answers.providers.piecework import read_heard, read_prediction
from spanledger.answers.providers.watsonx import read_watsonx
from spanledger.answers.usage import Reading, Told, put_usage

_NOTHING_KNOWN: Final[Asked] = {}


def read_answer(answer: object, known: Asked = _NOTHING_KNOWN) -> Attributes:
    """The span attributes that a whole answer gives; empty where its shape is not known.

    `gen_ai.provider.name` is among them as far as the answer's class or shape tells.

    Args:
        answer: What the app got.
        known: What was known of the call before: who was asked, and for which model, decides how some count.
    """
    fields = answer
    if type(answer) is not dict:
        if answer is None or isinstance(answer, _TEXTS):
            return {}
        fields = fields_of(answer)
    if value_in(fields, "success") is True and value_in(fields, "result") is not None:
        answer = value_in(fields, "result")  # as Cloudflare wraps whatever it answers
        fields = fields_of(answer)
    reading = read_openai(answer, known, fields) or _read_other(answer, fields)
    if reading is None:
        return {}
    found = reading.found
    put_usage(found, reading.told, reading.convention, reading.generates)
    if not reading.generates and known.get(attributes.OPERATION_NAME) == _BY_DEFAULT:
        # The shape tells that nobody chatted, where nobody says what was done.
        found.setdefault(
            attributes.OPERATION_NAME, "rerank" if value_in(answer, "results") is not None else "embeddings"
        )
    return found


def _read_other(answer: object, fields: object) -> Reading | None:
    is_small = type(fields) is dict and len(fields) <= _MOST_FIELDS
    for read in _readers_of(tuple(fields)) if is_small else _READERS:  # type: ignore[arg-type]
        reading = read(fields)
        if reading is not None:
            return reading
    return read_batch_line(answer) or read_plain(answer)


@lru_cache(maxsize=256)
def _readers_of(names: tuple[object, ...]) -> tuple[Callable[[object], Reading | None], ...]:
    """Those of the readers that have anything to read in an answer with fields of these names."""
    return tuple(read for read, fields in _READERS.items() if not fields.isdisjoint(names))


class StreamedAnswer:
    """The answer that the chunks of a stream add up to.

    A count that is told again takes the place of the one before, unless it is less: what comes as zero, or not at all,
    hides nothing. Where counts are of each chunk alone they are added.

    Attributes:
        finished: Whether a chunk said that the model has come to its end.
    """

    __slots__ = ("_asked", "_convention", "_found", "_in_steps", "_last_output", "_told", "_total_output", "finished")

    def __init__(self, known: Asked = _NOTHING_KNOWN) -> None:
        self.finished = False
        self._asked = known
        self._found: Attributes = {}
        self._told: Told = {}
        self._convention = OPENAI
        self._last_output = self._total_output = 0
        self._in_steps = False

    def see(self, chunk: object) -> None:
        """Takes in one chunk or event; one of an unknown shape changes nothing."""
        if chunk is None or isinstance(chunk, _TEXTS):
            return
        reading = read_openai_chunk(chunk, self._asked)
        if reading is None:
            for read in _CHUNK_READERS:
                reading = read(chunk)
                if reading is not None:
                    break
            else:
                return
        self._take(reading)

    def attributes(self) -> Attributes:
        """The attributes of what was seen. Output tokens are left out while only a first, partial count is known."""
        told = self._told
        if self._in_steps:
            told = {name: count for name, count in told.items() if name != "total"} | {"output": self._total_output}
        found = dict(self._found)
        put_usage(found, told, self._convention)
        return found

    def _take(self, reading: Reading) -> None:
        before = self._found
        if reading.found:
            if attributes.RESPONSE_ID in before:
                reading.found.pop(attributes.RESPONSE_ID, None)  # some give each chunk another one
            before.update(reading.found)
        self.finished = self.finished or reading.last
        if not reading.told:
            return
        self._convention = reading.convention
        for name, count in reading.told.items():
            known = self._told.get(name, 0)
            renewed = count if reading.renews and count else max(known, count)
            self._told[name] = known + count if reading.adds else renewed
        output = 0 if reading.adds else reading.told.get("output", 0)
        if output:
            self._in_steps = self._in_steps or output < self._last_output
            self._last_output = output
            self._total_output += output


_BY_DEFAULT: Final = "chat"
_MOST_FIELDS: Final = 64  # of an answer whose names are remembered
_TEXTS: Final = (str, bytes)  # which are no answers
# The readers, and the fields of which an answer has one at least that they can say anything of.
_READERS: Final[dict[Callable[[object], Reading | None], frozenset[str]]] = {
    read_message: frozenset({"type", "total_cost_usd"}),
    read_langchain: frozenset({"usage_metadata", "response_metadata", "llm_output"}),
    read_gemini: frozenset({
        "usage_metadata", "usageMetadata", "object", "embeddings", "predictions", "generated_images",
        "generatedImages",
    }),
    read_watsonx: frozenset({"results"}),
    read_bedrock: frozenset({
        "usage", "ResponseMetadata", "inputTextTokenCount", "inputTokenCount", "prompt_token_count",
    }),
    read_cohere: frozenset({"usage", "meta"}),
    read_ollama: frozenset({"prompt_eval_count", "eval_count"}),
    read_prediction: frozenset({"metrics"}),
    read_heard: frozenset({"metadata"}),
}  # fmt: skip
_CHUNK_READERS: Final = (
    read_message_event, read_langchain_chunk, read_gemini, read_interaction_event, read_watsonx, read_bedrock_chunk,
    read_cohere_chunk, read_ollama, read_plain,
)  # fmt: skip
