"""Pages for sustainability: what was drawn and emitted, and what that rests on."""
