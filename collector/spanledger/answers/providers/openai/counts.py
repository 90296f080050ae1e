"""What the fields of a usage in OpenAI's language count, of all who speak it, and those of its details."""

from typing import Final

from spanledger.answers.fields import CountNames

_USAGE: Final = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "total_tokens": "total",
    "cached_tokens": "cache_read",
    "num_cached_tokens": "cache_read",
    "prompt_cache_hit_tokens": "cache_read",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
    "reasoning_tokens": "reasoning",
    "citation_tokens": "citation",
    "num_search_queries": "web_searches",
}
_OF_INPUT: Final = {
    "cached_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "cache_creation_tokens": "cache_write",
    "cache_creation_input_tokens": "cache_write",
    "audio_tokens": "audio_input",
    "cached_audio_tokens": "audio_cache_read",
    "image_tokens": "image_input",
    "video_tokens": "video_input",
    "web_search_requests": "web_searches",
}
_CACHED: Final = CountNames({"audio_tokens": "audio_cache_read", "image_tokens": "image_cache_read"})
_WRITTEN: Final = CountNames({"ephemeral_1h_input_tokens": "cache_write_1h"})
INPUT_DETAILS: Final = CountNames(_OF_INPUT)
_OUTPUT_DETAILS: Final = CountNames(
    {"reasoning_tokens": "reasoning", "audio_tokens": "audio_output", "image_tokens": "image_output"}
)
SEARCHES: Final = CountNames({"web_search_calls": "web_searches"})
CHAT_USAGE: Final = CountNames(
    _USAGE,
    {
        "prompt_tokens_details": CountNames(
            _OF_INPUT, {"cached_tokens_details": _CACHED, "cache_creation_token_details": _WRITTEN}
        ),
        "prompt_token_details": INPUT_DETAILS,
        "completion_tokens_details": _OUTPUT_DETAILS,
        "server_tool_use": INPUT_DETAILS,
    },
)
PROMPT_DETAILS_NAMES: Final = ("input_tokens_details", "input_token_details", "prompt_tokens_details")
RESPONSE_USAGE: Final = CountNames(
    _USAGE,
    {
        **dict.fromkeys(PROMPT_DETAILS_NAMES, CountNames(_OF_INPUT, {"cached_tokens_details": _CACHED})),
        "output_tokens_details": _OUTPUT_DETAILS,
        "output_token_details": _OUTPUT_DETAILS,
    },
)
