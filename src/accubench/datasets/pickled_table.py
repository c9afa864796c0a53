"""Reading the table out of a pickle without running it.

A pickle is a program; running one from elsewhere is running what strangers wrote.
Here its instructions are walked through by `pickletools`, which executes nothing, and only those that build texts,
numbers, lists, dictionaries and one kind of array are followed. Nothing is imported and nothing is called: where the
pickle names a function, the name is kept as a name.
Long bytes are not copied: what is found is where in the file they are.
A few bytes can also build a tuple that holds itself thirty times over, or a million tuples inside of each other; so
nothing that a pickle made is hashed, compared as a whole or printed unless it is a text or a number.
"""

from __future__ import annotations

import mmap
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import IO, Any, NamedTuple, cast

__all__ = ["PickleRefusedError", "PixelTable", "read_pickled_table"]

LARGEST_BYTES = 1 << 30
_LONG_BYTES = 1024
_RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
_NAMED = {"numpy ndarray", "numpy dtype", *_RECONSTRUCT}


class PickleRefusedError(Exception):
    """The pickle holds something else than such a table; the message completes a sentence that begins with its name."""


class _Bytes(NamedTuple):
    """Bytes that stay in the file."""

    offset: int
    size: int


class PixelTable(NamedTuple):
    """A two-dimensional array of bytes, row by row, by its place in the file."""

    offset: int
    rows: int
    columns: int


@dataclass(slots=True)
class _Made:
    """What a named function would make, and the state that it would be given."""

    name: str
    arguments: tuple[Any, ...] = ()
    state: Any = None


@dataclass(slots=True)
class _Walk:
    """The stack of a pickle's instructions, its marks, and what it remembers."""

    stack: list[Any] = field(default_factory=list[Any])
    marks: list[int] = field(default_factory=list[int])
    """Heights of the stack; kept apart from it, so that a mark is found without a search."""
    memory: dict[int, Any] = field(default_factory=dict[int, Any])

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark off the stack."""
        place = self.marks.pop()
        if place > len(self.stack):
            raise ValueError("a mark above the stack")
        taken = self.stack[place:]
        del self.stack[place:]
        return taken


def read_pickled_table(path: Path) -> dict[str, Any]:
    """The dictionary that a pickle holds.

    Returns:
        By key: texts (bytes are read as Latin-1), whole numbers, lists and tuples of such, and `PixelTable` for arrays.

    Raises:
        PickleRefusedError: It is too large, damaged, or holds anything else.
        OSError: It cannot be read.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise PickleRefusedError("has more than 1 GiB")
    walk, found = _Walk(), None
    with path.open("rb") as file:
        try:
            # A mapped file gives no more bytes than it has, whatever number of them an instruction asks for.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            for instruction, argument, place in pickletools.genops(cast("IO[bytes]", mapped)):
                if instruction.name == "STOP":
                    found = walk.stack[-1]
                    break
                _follow(walk, instruction, argument, place or 0)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError) as error:
            raise PickleRefusedError(f"is damaged, or no pickle of a table ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(key, str | int) for key in found):
        raise PickleRefusedError("is a pickle of something else than a table")
    return {str(key): _plain(value) for key, value in found.items()}  # pyright: ignore[reportUnknownVariableType]


def _follow(walk: _Walk, instruction: pickletools.OpcodeInfo, argument: Any, place: int) -> None:
    name = instruction.name
    if name in _PASSED:
        return
    if name in _CONSTANTS:
        walk.stack.append(_CONSTANTS[name]())
    elif name in _HEAD_BYTES:
        is_long = len(argument) >= _LONG_BYTES
        walk.stack.append(_Bytes(place + _HEAD_BYTES[name], len(argument)) if is_long else _text(argument))
    elif name in _VALUES:
        walk.stack.append(argument)
    elif name in _STEPS:
        _STEPS[name](walk, argument)
    else:
        raise PickleRefusedError(f"is a pickle with the instruction {name}, which no table of images needs")


def _text(argument: str | bytes | bytearray) -> str:
    return argument if isinstance(argument, str) else bytes(argument).decode("latin-1")


_PASSED = {"PROTO", "FRAME"}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_HEAD_BYTES = {
    "SHORT_BINSTRING": 2, "BINSTRING": 5, "SHORT_BINBYTES": 2, "BINBYTES": 5, "BINBYTES8": 9, "BYTEARRAY8": 9,
}  # fmt: skip
"""Instructions with bytes behind them, and how far behind."""
_VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG", "BINUNICODE", "SHORT_BINUNICODE", "UNICODE",
}  # fmt: skip


def _mark(walk: _Walk, _argument: Any) -> None:
    walk.marks.append(len(walk.stack))


def _put(walk: _Walk, argument: Any) -> None:
    walk.memory[int(argument)] = walk.stack[-1]


def _get(walk: _Walk, argument: Any) -> None:
    walk.stack.append(walk.memory[int(argument)])


def _memoize(walk: _Walk, _argument: Any) -> None:
    walk.memory[len(walk.memory)] = walk.stack[-1]


def _list(walk: _Walk, _argument: Any) -> None:
    walk.stack.append(walk.since_mark())


def _dict(walk: _Walk, _argument: Any) -> None:
    walk.stack.append(_pairs(walk.since_mark()))


def _tuple(walk: _Walk, _argument: Any) -> None:
    walk.stack.append(tuple(walk.since_mark()))


def _short_tuple(size: int) -> Callable[[_Walk, Any], None]:
    def make(walk: _Walk, _argument: Any) -> None:
        taken = tuple(walk.stack[-size:])
        del walk.stack[-size:]
        walk.stack.append(taken)

    return make


def _append(walk: _Walk, _argument: Any) -> None:
    item = walk.stack.pop()
    _of_kind(walk.stack[-1], list).append(item)


def _appends(walk: _Walk, _argument: Any) -> None:
    items = walk.since_mark()
    _of_kind(walk.stack[-1], list).extend(items)


def _set_item(walk: _Walk, _argument: Any) -> None:
    value, key = walk.stack.pop(), walk.stack.pop()
    _of_kind(walk.stack[-1], dict).update(_pairs([key, value]))


def _set_items(walk: _Walk, _argument: Any) -> None:
    items = walk.since_mark()
    _of_kind(walk.stack[-1], dict).update(_pairs(items))


def _pairs(items: list[Any]) -> dict[Any, Any]:
    """Keys and values that take turns; a key is hashed, so nothing that may hold others can be one."""
    keys = [_of_kind(key, str | int) for key in items[::2]]
    return dict(zip(keys, items[1::2], strict=True))


def _name(walk: _Walk, argument: Any) -> None:
    walk.stack.append(_Made(_known(str(argument))))


def _stacked_name(walk: _Walk, _argument: Any) -> None:
    name, module = _of_kind(walk.stack.pop(), str), _of_kind(walk.stack.pop(), str)
    walk.stack.append(_Made(_known(f"{module} {name}")))


def _known(name: str) -> str:
    if name not in _NAMED:
        raise PickleRefusedError(f"is a pickle that wants {name!r:.80} called, which no table of images needs")
    return name


def _call(walk: _Walk, _argument: Any) -> None:
    arguments, function = walk.stack.pop(), walk.stack.pop()
    walk.stack.append(_Made(_of_kind(function, _Made).name, _of_kind(arguments, tuple)))


def _give_state(walk: _Walk, _argument: Any) -> None:
    state = walk.stack.pop()
    _of_kind(walk.stack[-1], _Made).state = state


def _of_kind(value: Any, kind: type[Any] | UnionType) -> Any:
    if not isinstance(value, kind):
        raise PickleRefusedError("is damaged: its instructions do not fit each other")
    return value


_STEPS: dict[str, Callable[[_Walk, Any], None]] = {
    "MARK": _mark, "BINPUT": _put, "LONG_BINPUT": _put, "PUT": _put, "BINGET": _get, "LONG_BINGET": _get, "GET": _get,
    "MEMOIZE": _memoize, "LIST": _list, "DICT": _dict, "TUPLE": _tuple, "TUPLE1": _short_tuple(1),
    "TUPLE2": _short_tuple(2), "TUPLE3": _short_tuple(3), "APPEND": _append, "APPENDS": _appends,
    "SETITEM": _set_item, "SETITEMS": _set_items, "GLOBAL": _name, "STACK_GLOBAL": _stacked_name,
    "REDUCE": _call, "BUILD": _give_state,
}  # fmt: skip


def _plain(value: Any) -> Any:
    """Arrays as `PixelTable`; lists and tuples of texts and numbers as they are."""
    if isinstance(value, _Made):
        return _pixel_table(value)
    if isinstance(value, list | tuple):
        if not all(isinstance(each, str | int) for each in value):
            raise PickleRefusedError("holds lists of something else than texts and whole numbers")
        return value
    if isinstance(value, str | int) or value is None:
        return value
    raise PickleRefusedError("holds something else than lists, texts, numbers and one array")


def _pixel_table(made: _Made) -> PixelTable:
    """The array that numpy's state describes: version, shape, element type, order, bytes."""
    if made.name not in _RECONSTRUCT or not isinstance(made.state, tuple) or len(made.state) != 5:
        raise PickleRefusedError("holds an object that is no array")
    _, shape, element, is_fortran, content = made.state
    of_bytes = isinstance(element, _Made) and element.name == "numpy dtype" and element.arguments[:1] == ("u1",)
    whole = isinstance(shape, tuple) and len(shape) == 2 and all(isinstance(size, int) for size in shape)
    if not of_bytes or not whole or is_fortran or not isinstance(content, _Bytes):
        raise PickleRefusedError("holds an array that is not one of bytes in rows")
    rows, columns = shape
    if rows < 0 or columns < 1 or rows * columns != content.size:
        raise PickleRefusedError(f"holds an array of {rows} x {columns} in {content.size} bytes")
    return PixelTable(content.offset, rows, columns)
