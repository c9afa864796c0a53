"""Comparing names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.labels import imagenet_class_names, is_synset, normalized_name
from accubench.labels.imagenet import imagenet_outputs, synset_in
from accubench.labels.names import NameIndex, with_synsets
from accubench.records.class_names import ClassNames


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Great_White-Shark", "great white  shark"),
        ("tench,Tinca tinca", "Tench, tinca_tinca"),
        ("Crème brûlée", "CREME BRULEE"),
        ("café", "cafe\u0301"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_name_are_equal(left, right):
    assert normalized_name(left) == normalized_name(right)


@given(st.text())
def test_normalizing_again_changes_nothing(text):
    once = normalized_name(text)
    assert normalized_name(once) == once


@pytest.mark.parametrize(
    ("path", "synset"),
    [
        ("n01440764_tench.JPEG", "n01440764"),
        ("val/n01440764/ILSVRC2012_val_1.JPEG", "n01440764"),
        ("n01440764.jpg", "n01440764"),
        ("lion01440764.jpg", None),
        ("n014407645.jpg", None),
        ("a.jpg", None),
    ],
)
def test_synset_ids_are_found_in_paths(path, synset):
    assert synset_in(path) == synset


def test_synset_ids_are_an_n_and_eight_digits():
    assert is_synset("n01440764")
    assert not any(map(is_synset, ["n0144076", "N01440764", "n01440764 ", "n0144076٣"]))


def test_a_class_is_found_by_first_or_other_synonyms_but_never_by_a_shared_one():
    index = NameIndex(imagenet_class_names())
    assert index.find("great white shark") == 2
    assert index.find("White_Shark") == 2
    assert index.find("n01484850") == 2
    assert index.find("anything", "n01484850") == 2
    assert index.find("crane") is None
    assert index.find("cardigan") is None
    assert index.find("Cardigan, Cardigan Welsh corgi") == 264
    assert index.find("crane", "n02012849") == 134
    assert index.find("tench", "n99999999") is None
    assert index.suggestion("goldfsh") == "goldfish, Carassius auratus"
    assert index.suggestion("zzzzzzzz") is None


def test_a_thousand_names_that_are_those_of_imagenet_get_their_synsets():
    names = imagenet_class_names()
    short = ClassNames(names=tuple(name.split(",")[0] for name in names.names), origin="labels.txt")
    assert with_synsets(short).synsets == names.synsets
    reversed_names = short.model_copy(update={"names": short.names[::-1]})
    assert with_synsets(reversed_names).synsets is None
    with_background = ClassNames(names=("background", *names.names), origin="labels.txt")
    assert with_synsets(with_background).synsets[:2] == ("", "n01440764")


def test_only_a_thousand_or_a_thousand_and_one_outputs_are_imagenet():
    assert [imagenet_outputs(count) is not None for count in (999, 1000, 1001, 1002)] == [False, True, True, False]
