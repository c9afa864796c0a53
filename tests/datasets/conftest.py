"""Small datasets made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MakeTree = Callable[..., Path]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    """Writes files below an own folder: text for a str, `images` as files of a few bytes that nobody decodes."""

    def make(*images: str, **options: object) -> Path:
        root = tmp_path / str(options.get("root", "dataset"))
        root.mkdir(exist_ok=True)
        files: dict[str, str | bytes] = dict.fromkeys(images, b"\xff\xd8image")
        files |= options.get("files", {})  # type: ignore[operator]
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make
