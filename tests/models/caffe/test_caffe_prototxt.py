"""The text format: what is read, and which line an error names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.errors import BrokenModelError
from accubench.models.caffe.messages import Convolution, Pooling, Power, Reshape, read_message
from accubench.models.caffe.prototxt import Block, Scalar, parse_prototxt


def block(text: str) -> Block:
    return parse_prototxt(text, "net.prototxt")


def test_comments_separators_lists_and_both_brackets_are_understood() -> None:
    root = block("# a net\nlayer: < name: 'a' 'b'; top: [\"x\", \"y\"], > # end\nlayer { type: MAX }")
    first, second = (entry.value for entry in root.entries)
    assert isinstance(first, Block)
    assert [(entry.name, entry.value) for entry in first.entries] == [
        ("name", Scalar("string", "ab")),
        ("top", Scalar("string", "x")),
        ("top", Scalar("string", "y")),
    ]
    assert isinstance(second, Block)
    assert second.line == 3


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30))
def test_any_text_can_stand_in_quotes(text: str) -> None:
    escaped = "".join(f"\\{ord(c):03o}" if ord(c) < 32 or c in '"\\' else c for c in text)
    assert block(f'name: "{escaped}"').entries[0].value == Scalar("string", text)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_whole_number_of_64_bits_is_read(number: int) -> None:
    message = read_message(Reshape, block(f"axis: {number} num_axes: {number:#x}"), "net.prototxt")
    assert (message.axis, message.num_axes) == (number, number)


@given(st.floats(allow_nan=False))
def test_every_number_with_a_point_is_read(number: float) -> None:
    assert read_message(Power, block(f"power: {number!r} shift: 2.5f"), "net.prototxt").power == number


def test_fields_have_caffes_defaults_and_choices_may_be_numbers() -> None:
    assert read_message(Pooling, None, "net.prototxt").pool == "MAX"
    assert read_message(Pooling, block("pool: 1 global_pooling: 1"), "net.prototxt") == Pooling(
        pool="AVE", global_pooling=True
    )
    assert read_message(Convolution, block("pad: 1 pad: 2 engine: CUDNN"), "net.prototxt").pad == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer {\n name: 'a'\n", r"^net\.prototxt:3: the file ends before the block of line 1 is closed\.$"),
        ("layer { name: 'a' }\n}", r"^net\.prototxt:2: expected the name of a field, found '}'\.$"),
        ("a: 1\nb: 'open\n", r"^net\.prototxt:2: cannot read what starts with \"'open\"\.$"),
        ("a: 5x", r"^net\.prototxt:1: cannot read what starts with '5x'\.$"),
        ("a:\n\n}", r"^net\.prototxt:3: expected a value for 'a', found '}'\.$"),
        ("a: [1, 2", r"^net\.prototxt:1: expected ',' or '\]' in the list 'a', found the end of the file\.$"),
        ("a: [{ b: 1 }]", r"expected a value for 'a', found '{'"),
        ("a { " * 40, r"blocks are nested more than 32 deep"),
        ("a: " + "1" * 5000, r"the number of 'a' has 5000 digits"),
        ("\0\1", r"^net\.prototxt:1: cannot read"),
    ],
)
def test_a_mistake_in_the_text_names_its_line(text: str, message: str) -> None:
    with pytest.raises(BrokenModelError, match=message):
        block(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nnum_output: 'x'", r"^net: the field 'num_output' \(line 2\) should be a whole number, not 'x'\.$"),
        ("num_output: 1.5", r"should be a whole number, not '1\.5'"),
        ("num_output: 99999999999999999999", r"should be a whole number"),
        ("num_output: 1 num_output: 2", r"the field 'num_output' \(line 1\) stands twice"),
        ("bias_term: yes", r"should be true or false, not 'yes'"),
        ("kernel_size { a: 1 }", r"should be a single value, not a block"),
    ],
)
def test_a_value_of_the_wrong_kind_names_field_and_line(text: str, message: str) -> None:
    with pytest.raises(BrokenModelError, match=message):
        read_message(Convolution, block(text), "net")


def test_an_unknown_choice_lists_the_known_ones() -> None:
    with pytest.raises(BrokenModelError, match="should be one of MAX, AVE, STOCHASTIC, not 'MEDIAN'"):
        read_message(Pooling, block("pool: MEDIAN"), "net")
    with pytest.raises(BrokenModelError, match=r"'shape' .* should be a block in braces"):
        read_message(Reshape, block("shape: 5"), "net")
