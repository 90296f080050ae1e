"""Reading what an answer says it used, whole or in the chunks of a stream, whosever it is; never its contents.

Each is read as the SDK's object or as a plain dict. All are brought to one meaning of the attributes: input tokens are
the whole prompt, cached tokens included; output tokens include reasoning.
"""

from typing import Final

from spanledger import attributes
from spanledger.answers.anthropic import MESSAGE_EVENTS, StreamedMessage, read_message
from spanledger.answers.bedrock import read_bedrock_chunk, read_converse, read_invoke_model
from spanledger.answers.cohere import read_cohere
from spanledger.answers.fields import Attributes, value_in
from spanledger.answers.gemini import read_gemini
from spanledger.answers.langchain import read_langchain, read_langchain_chunk
from spanledger.answers.openai import chat_chunk_in, read_chat_chunk, read_openai, read_response
from spanledger.answers.plain import read_plain


def read_answer(answer: object) -> Attributes:
    """The span attributes that a whole answer gives; empty where its shape is not known.

    `gen_ai.provider.name` is among them as far as the answer's class or shape tells.
    """
    for reader in _READERS:
        found = reader(answer)
        if found:
            return found
    return {}


class StreamedAnswer:
    """The answer that the chunks of a stream add up to.

    Attributes:
        finished: Whether a chunk said that the model has come to its end.
    """

    __slots__ = ("_found", "_message", "finished")

    def __init__(self) -> None:
        self.finished = False
        self._found: Attributes = {}
        self._message: StreamedMessage | None = None

    def see(self, chunk: object) -> None:
        """Takes in one chunk or event; one of an unknown shape changes nothing."""
        if isinstance(chunk, str | bytes):
            return
        last = self._take(chunk)
        self.finished = self.finished or last

    def attributes(self) -> Attributes:
        """The attributes of what was seen. Output tokens are left out while only a first, partial count is known."""
        return self._found if self._message is None else self._found | self._message.attributes()

    def _take(self, chunk: object) -> bool:
        """Takes in a chunk of whatever shape; whether it says that the end came."""
        chat = chat_chunk_in(chunk)
        if chat is not None:
            return read_chat_chunk(chat, self._found)
        kind = value_in(chunk, "type")
        if kind in MESSAGE_EVENTS:
            if self._message is None:
                self._message = StreamedMessage()
            return self._message.see(chunk, kind)
        if kind in _LAST_RESPONSE_EVENTS:
            self._found.update(read_response(value_in(chunk, "response")))
            return True
        if kind == "message-end":
            self._found.update(read_cohere(value_in(chunk, "delta")))
            return True
        added = read_langchain_chunk(chunk)
        if added is not None:
            self._add(added)
            return attributes.RESPONSE_FINISH_REASONS in added
        of_bedrock = read_bedrock_chunk(chunk)
        found, last = of_bedrock or (read_answer(chunk), False)
        self._found.update(found)
        return last or (of_bedrock is None and attributes.RESPONSE_FINISH_REASONS in found)

    def _add(self, found: Attributes) -> None:
        for name, value in found.items():
            before = self._found.get(name)
            self._found[name] = before + value if isinstance(before, int) and isinstance(value, int) else value


_READERS: Final = (
    read_openai, read_message, read_langchain, read_gemini, read_converse, read_invoke_model, read_cohere, read_plain,
)  # fmt: skip
_LAST_RESPONSE_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
