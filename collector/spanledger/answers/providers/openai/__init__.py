"""Answers in OpenAI's language: a file for each of its interfaces, and who answered, and what a usage counts."""
