"""The room's public surface, and that looking at it imports nothing heavy."""

import subprocess
import sys

import pytest

import accubench.analysis


@pytest.mark.parametrize("name", accubench.analysis.__all__)
def test_every_public_name_exists_and_is_in_the_surface_of_its_module(name):
    value = getattr(accubench.analysis, name)
    module = sys.modules[f"accubench.analysis.{accubench.analysis._HOME_OF[name]}"]
    assert name in module.__all__
    assert getattr(module, name) is value


def test_the_surface_names_what_it_can_import_and_nothing_else():
    assert sorted(accubench.analysis.__all__) == sorted(accubench.analysis._HOME_OF)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'accuracy_of'"):
        accubench.analysis.accuracy_of  # noqa: B018


def test_importing_the_room_imports_neither_polars_nor_numpy():
    code = "import sys, accubench.analysis; print([name for name in ('polars', 'numpy') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
