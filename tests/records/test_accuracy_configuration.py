import pytest
from pydantic import ValidationError

from accubench.records.accuracy_configuration import AccuracyConfiguration

TUTORIAL = {
    "preprocessing": [
        {"decode": {"color": "BGR", "exif": "ignore"}},
        {"resize": {"size": 256, "mode": "stretch", "library": "opencv", "interpolation": "bilinear"}},
        {"crop": {"size": 227}},
        {"normalize": {"mean": [104, 117, 123]}},
    ],
    "outputs": {"scores": "auto"},
    "annotations": {"offset": 0},
    "metrics": {"top_k": [1, 5], "per_class": True},
}


def test_a_configuration_survives_json_unchanged():
    configuration = AccuracyConfiguration.model_validate(TUTORIAL)

    assert AccuracyConfiguration.model_validate_json(configuration.model_dump_json()) == configuration


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"resize": {"size": "256"}}, "valid integer"),
        ({"resize": {"size": 256, "interpolation": "lanczos"}}, "opencv has no interpolation 'lanczos'"),
        ({"resize": {"size": [256, 300], "mode": "shorter_side"}}, "takes one number"),
        ({"crop": {}}, "either size or fraction"),
        ({"crop": {"size": 3, "fraction": 0.5}}, "either size or fraction"),
        ({"crop": {"size": 3, "rounding": "symmetric"}}, "symmetric goes with fraction"),
        ({"normalize": {"scale": [1, 0, 1]}}, "must not be 0"),
        ({"normalize": {"mean": float("nan")}}, "finite number"),
        ({"blur": {}}, "one of decode, resize, crop, normalize"),
        ({"decode": {}}, "starts with one decode step"),
    ],
)
def test_a_wrong_step_is_refused_with_its_reason(step, message):
    with pytest.raises(ValidationError, match=message):
        AccuracyConfiguration.model_validate({"preprocessing": [{"decode": {}}, step]})


def test_top_k_is_kept_ascending_without_repeats():
    configuration = AccuracyConfiguration.model_validate({**TUTORIAL, "metrics": {"top_k": [5, 1, 5]}})

    assert configuration.metrics.top_k == (1, 5)
