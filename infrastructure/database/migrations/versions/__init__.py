"""The revisions, in order; each says what it brings."""
