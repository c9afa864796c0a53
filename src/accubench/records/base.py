"""What all records have in common."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict

__all__ = ["Record", "content_hash"]


class Record(BaseModel):
    """A frozen set of named values that can be stored as JSON and read back unchanged."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def content_hash(content: object) -> str:
    """The SHA-256 of `content` written as canonical JSON, in hexadecimal.

    Args:
        content: Anything JSON can hold, or records inside lists and dictionaries.

    >>> content_hash({"b": 1, "a": [2]}) == content_hash({"a": [2], "b": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_jsonable)
    return hashlib.sha256(text.encode()).hexdigest()


def _jsonable(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    message = f"{type(value).__name__} has no canonical JSON form"
    raise TypeError(message)
