import numpy as np
import pytest
from hypothesis import given, settings

from accubench.configuration import given_configuration
from accubench.errors import ConfigurationError
from configuration_strategies import configurations


@settings(deadline=None)
@given(configurations)
def test_a_record_and_its_mapping_are_taken_as_they_are(configuration):
    assert given_configuration(configuration).configuration == configuration
    assert given_configuration(configuration.model_dump()).configuration == configuration


def test_one_list_may_serve_as_mean_and_as_scale():
    values = [127.5, 127.5, 127.5]
    resolved = given_configuration(
        {"preprocessing": [{"decode": {}}, {"normalize": {"mean": values, "scale": values}}]}
    )

    assert resolved.configuration.preprocessing[1].normalize.scale == (127.5, 127.5, 127.5)
    assert resolved.origins["preprocessing.1.normalize.mean"] == "given"
    assert resolved.origins["metrics.top_k"] == "default"


def test_numbers_of_numpy_are_numbers():
    steps = ({"decode": {}}, {"normalize": {"mean": np.array([1.5, 2, 3]), "scale": np.float32(2)}})
    normalize = given_configuration({"preprocessing": steps}).configuration.preprocessing[1].normalize

    assert (normalize.mean, normalize.scale) == ((1.5, 2.0, 3.0), 2.0)


def test_what_no_file_could_hold_is_refused():
    endless = {"preprocessing": [{"decode": {}}]}
    endless["outputs"] = endless

    with pytest.raises(ConfigurationError, match=r"object object at .* is no value"):
        given_configuration({"preprocessing": [{"decode": {"color": object()}}]})
    with pytest.raises(ConfigurationError, match=r"contains itself"):
        given_configuration(endless)
    with pytest.raises(ConfigurationError, match=r"Did you mean 'preprocessing'"):
        given_configuration({"preprocesing": []})
