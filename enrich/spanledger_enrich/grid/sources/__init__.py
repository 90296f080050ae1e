"""Where grid intensities come from: files in several formats, and live sources."""
