"""The app of docs/first-hour.md, with a client that answers as OpenAI's does, and a run of it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
[SNIPPET] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/first-hour.md").read_text(encoding="utf-8"), re.DOTALL)
APP = (
    SNIPPET
    + """
import logging, types, uuid
from openai.types.chat import ChatCompletion
logging.basicConfig()
def create(model, messages):
    usage = {"prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306}
    message = {"role": "assistant", "content": "Hello!"}
    return ChatCompletion.model_validate({
        "id": f"chatcmpl-{uuid.uuid4()}", "object": "chat.completion", "created": 1, "model": f"{model}-2024-07-18",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage,
    })
client = types.SimpleNamespace(chat=types.SimpleNamespace(completions=types.SimpleNamespace(create=create)))
for customer in ("northwind", "globex", "northwind"):
    handle(customer, "Hello?", client)
print("delivered", spanledger.flush())
"""
)
