"""Tests in a real Chromium, one of which they share with the pages that it opens."""
