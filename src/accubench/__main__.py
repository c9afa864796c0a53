"""``python -m accubench`` is the same as ``accubench``."""

from accubench.cli import main

if __name__ == "__main__":
    main()
