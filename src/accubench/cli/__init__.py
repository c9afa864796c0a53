"""The command line: each command parses, calls one method of `Workspace`, and prints."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line; the console script ``accubench``."""
    from accubench.cli.app import run

    run()
