"""The command line: each command parses, calls one method of `Workspace`, and prints."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line; the console script ``accubench``."""
    from accubench.cli.stopping import stoppable
    from accubench.cli.streams import make_sure_of_streams

    make_sure_of_streams()
    with stoppable():
        from accubench.cli.app import run

        run()
