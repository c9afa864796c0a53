"""One file per use case, read top to bottom as its story."""
