"""Methods that import what they are given, and leave nothing of it where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

__all__ = ["takes_back_unusable"]


class _TakesBack(Protocol):
    def unusable_taken_back(self) -> AbstractContextManager[None]: ...


_Self = TypeVar("_Self", bound=_TakesBack)
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def takes_back_unusable(
    method: Callable[Concatenate[_Self, _Arguments], _Result],
) -> Callable[Concatenate[_Self, _Arguments], _Result]:
    """A method that ends within `Workspace.unusable_taken_back`."""

    @wraps(method)
    def taking_back(self: _Self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with self.unusable_taken_back():
            return method(self, *args, **kwargs)

    return taking_back
