"""Every use case as a typed method; command line, web and notebooks call it."""
