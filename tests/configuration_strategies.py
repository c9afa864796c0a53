"""Hypothesis strategies over accuracy configurations; `from configuration_strategies import configurations`."""

from __future__ import annotations

from hypothesis import strategies as st

from accubench.records.accuracy_configuration import (
    OPENCV_INTERPOLATIONS,
    PILLOW_INTERPOLATIONS,
    AccuracyConfiguration,
    Annotations,
    Crop,
    CropStep,
    Decode,
    DecodeStep,
    Metrics,
    Normalize,
    NormalizeStep,
    Outputs,
    Resize,
    ResizeStep,
    ResolvedConfiguration,
)

_pixels = st.integers(1, 65_535)
_sizes = _pixels | st.tuples(_pixels, _pixels)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_scales = _numbers.filter(bool)
_ids = st.integers(-1000, 2**40)
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def _per_channel(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[float | tuple[float, ...]]:
    return numbers | st.lists(numbers, min_size=1, max_size=4).map(tuple)


decodes = st.builds(
    Decode,
    color=st.sampled_from(["RGB", "BGR", "gray"]),
    exif=st.sampled_from(["ignore", "apply"]),
    alpha=st.sampled_from(["drop", "white", "black"]),
    sixteen_bit=st.sampled_from(["shift", "clip"]),
    cmyk=st.sampled_from(["convert", "fail"]),
    animated=st.sampled_from(["first", "fail"]),
)


@st.composite
def resizes(draw: st.DrawFn) -> Resize:
    """Any resize, of either library."""
    library = draw(st.sampled_from(["opencv", "pillow"]))
    mode = draw(st.sampled_from(["stretch", "shorter_side", "letterbox"]))
    return Resize(
        size=draw(_pixels if mode == "shorter_side" else _sizes),
        mode=mode,
        library=library,
        interpolation=draw(st.sampled_from(OPENCV_INTERPOLATIONS if library == "opencv" else PILLOW_INTERPOLATIONS)),
        fill=draw(st.integers(0, 255)),
    )


crops = st.builds(Crop, size=_sizes, rounding=st.sampled_from(["floor", "half_even"])) | st.builds(
    Crop,
    fraction=st.floats(0, 1, exclude_min=True),
    rounding=st.sampled_from(["floor", "half_even", "symmetric"]),
)
normalizes = st.builds(Normalize, mean=_per_channel(_numbers), scale=_per_channel(_scales))
steps = (
    resizes().map(lambda resize: ResizeStep(resize=resize))
    | crops.map(lambda crop: CropStep(crop=crop))
    | normalizes.map(lambda normalize: NormalizeStep(normalize=normalize))
)
annotations = (
    st.builds(Annotations, offset=st.integers(-1000, 1000), valid_labels=st.booleans())
    | st.builds(Annotations, map=st.dictionaries(_ids, _ids, max_size=12), valid_labels=st.booleans())
    | st.builds(Annotations, by=st.just("name"), valid_labels=st.booleans())
)
metrics = st.builds(
    Metrics,
    top_k=st.lists(st.integers(1, 1000), min_size=1, max_size=5).map(tuple),
    per_class=st.booleans(),
    calibration_bins=st.integers(2, 100),
)
outputs = st.builds(Outputs, scores=st.sampled_from(["auto", "logits", "probabilities"]), name=st.none() | _text)

configurations: st.SearchStrategy[AccuracyConfiguration] = st.builds(
    lambda decode, rest, **sections: AccuracyConfiguration(
        preprocessing=(DecodeStep(decode=decode), *rest), **sections
    ),
    decodes,
    st.lists(steps, max_size=5),
    outputs=outputs,
    annotations=annotations,
    metrics=metrics,
)
"""Every configuration the records allow; most of them fit no model."""

resolved_configurations: st.SearchStrategy[ResolvedConfiguration] = st.builds(
    lambda configuration, origin, notes: ResolvedConfiguration(
        configuration=configuration,
        origins={
            f"preprocessing.{index}.{kind}.{name}": origin
            for index, step in enumerate(configuration.preprocessing)
            for kind, section in step
            for name in type(section).model_fields
        },
        notes=tuple(notes),
    ),
    configurations,
    _text,
    st.lists(_text, max_size=3),
)
"""Configurations with hostile text as origins and notes."""
