"""One LLM call as a span: the decorator, streams, and usage recorded after the fact."""
