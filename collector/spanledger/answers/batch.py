"""A line of a batch's results: the answer is inside it. Of OpenAI and its like, Anthropic and Gemini."""

from spanledger import attributes
from spanledger.answers.fields import first_in, value_in
from spanledger.answers.providers.anthropic import read_message
from spanledger.answers.providers.gemini import read_gemini
from spanledger.answers.providers.openai.answer import read_openai
from spanledger.answers.usage import Reading


def read_batch_line(line: object) -> Reading | None:
    """What the answer in a line says; `None` where it is no line of a batch's, or an answer that failed."""
    names = ("custom_id", "key", "request") if isinstance(line, dict) else ("custom_id",)
    if first_in(line, *names) is None:
        return None
    response = value_in(line, "response")
    body = value_in(response, "body")
    reading = (
        read_message(value_in(value_in(line, "result"), "message"))
        or (read_openai(body, {}) if body is not None else None)
        or read_gemini(response)
    )
    if reading is not None:
        reading.found[attributes.BATCH] = True
    return reading
