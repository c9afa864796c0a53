"""An optimised model against its parent, end to end on models that can be checked by hand."""

from __future__ import annotations

import shutil

import numpy as np
import polars as pl
import pytest

from accubench import Workspace
from accubench.errors import DatasetProblemsError, LabelError, ReportNotFoundError, UsageError
from accubench.records.comparison import COMPARISON_COLUMNS
from small_world import metadata_of, pixels_of, write_dataset, write_model

QUIET = {"speed_rounds": 0}
PERTURBED = np.eye(3) * 3 + np.array([[0, 2.2, 0], [0, 0, 0], [0, 0, 0]])
"""Sees red as green where both are strong."""
N = 60


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    parent = write_model(folder / "parent.onnx")
    optimised = write_model(folder / "optimised.onnx", weights_ck=PERTURBED)
    return optimised, parent, write_dataset(folder / "images", N, wrong=6)


def expected_classes(weights_ck):
    means = np.array([pixels_of(row) for row in range(N)], np.float32) / 255
    return (means @ weights_ck.astype(np.float32)).argmax(axis=1)


def flips_by_name(report):
    return dict(report.flips.select("image_name", "flip").rows())


def relisted(dataset, folder, lines):
    """The same images with another list of them."""
    shutil.copytree(dataset, folder)
    (folder / "val.txt").write_text("".join(f"{line}\n" for line in lines))
    return folder


def lines_of(dataset):
    return (dataset / "val.txt").read_text().splitlines()


def test_every_flip_is_the_one_that_the_arithmetic_says(workspace, world):
    report = workspace.compare(*world, **QUIET)

    ours, theirs = expected_classes(PERTURBED), expected_classes(np.eye(3))
    annotated = np.array([(row + 1) % 3 if row < 6 else row % 3 for row in range(N)])
    kinds = np.where(theirs == annotated, "broken", np.where(ours == annotated, "fixed", "moved"))
    assert report.images["optimised_class"].to_list() == ours.tolist()
    assert report.images["parent_class"].to_list() == theirs.tolist()
    assert report.images["flip"].to_list() == [
        kind if one != other else None for kind, one, other in zip(kinds.tolist(), ours, theirs, strict=True)
    ]
    summary = report.summary
    assert summary.flips.total == len(report.flips) == int((ours != theirs).sum()) > 0
    assert summary.difference.value == pytest.approx((ours == annotated).mean() - (theirs == annotated).mean())
    assert report.record.matching.kind == "identity"
    assert not report.record.lineage


def test_the_table_has_the_declared_columns_and_types_in_dataset_order(workspace, world):
    images = workspace.compare(*world, **QUIET).images

    assert images.schema == {name: getattr(pl, kind) for name, (kind, _, _) in COMPARISON_COLUMNS.items()}
    assert images["image_name"].to_list() == [f"image_{row:05d}.png" for row in range(N)]
    assert images["position"].to_list() == list(range(N))


def test_counts_equal_a_few_lines_of_polars_over_two_exported_tables(workspace, world, tmp_path):
    optimised, parent, dataset = world
    for model, name in ((optimised, "ours.csv"), (parent, "theirs.csv")):
        workspace.evaluate(model, dataset).export(tmp_path / name)
    report = workspace.compare(*world, **QUIET)

    ours, theirs = pl.read_csv(tmp_path / "ours.csv"), pl.read_csv(tmp_path / "theirs.csv")
    both = ours.join(theirs, on="image_name", suffix="_parent").filter(
        (pl.col("status") == "evaluated") & (pl.col("status_parent") == "evaluated")
    )
    right = pl.col("predicted_class") == pl.col("annotated_class")
    parent_right = pl.col("predicted_class_parent") == pl.col("annotated_class")
    flipped = pl.col("predicted_class") != pl.col("predicted_class_parent")
    counted = both.select(
        both_right=(right & parent_right).sum(),
        broken=(~right & parent_right).sum(),
        fixed=(right & ~parent_right).sum(),
        both_wrong=(~right & ~parent_right).sum(),
        moved=(flipped & ~right & ~parent_right).sum(),
    ).row(0, named=True)

    moved = counted.pop("moved")
    assert report.summary.outcomes.model_dump() == counted
    assert report.summary.flips.moved == moved
    assert report.summary.flips.total == both.filter(flipped).height
    of_ours = report.images.join(ours, on="image_name")
    np.testing.assert_array_equal(of_ours["optimised_confidence"], of_ours["predicted_confidence"])
    assert of_ours["optimised_annotated_rank"].equals(of_ours["annotated_class_rank"].cast(pl.Int32), check_names=False)


def test_scores_of_evaluations_are_reused_and_a_comparison_infers_nothing_twice(workspace, world):
    optimised, parent, dataset = world
    evaluated = workspace.evaluate(parent, dataset)
    first = workspace.compare(*world, **QUIET).record
    second = workspace.compare(*world, **QUIET).record
    fresh = workspace.compare(*world, **QUIET, fresh=True).record

    assert first.parent.predictions_id == evaluated.record.predictions_id
    assert (first.parent.reused_predictions, first.optimised.reused_predictions) == (True, False)
    assert [model.reused_predictions for model in second.evaluated_models] == [True, True]
    assert [model.reused_predictions for model in fresh.evaluated_models] == [False, False]
    assert workspace.evaluate(optimised, dataset).record.predictions_id == fresh.optimised.predictions_id


def test_shuffled_subset_and_partly_failed_datasets_give_the_same_flips(workspace, world, tmp_path):
    optimised, parent, dataset = world
    whole = flips_by_name(workspace.compare(*world, **QUIET))
    lines = lines_of(dataset)

    shuffled = relisted(dataset, tmp_path / "shuffled", np.random.default_rng(5).permutation(lines))
    assert flips_by_name(workspace.compare(optimised, parent, shuffled, **QUIET)) == whole

    half = relisted(dataset, tmp_path / "half", lines[::2])
    names = {line.split()[0] for line in lines[::2]}
    assert flips_by_name(workspace.compare(optimised, parent, half, **QUIET)) == {
        name: flip for name, flip in whole.items() if name in names
    }

    failed = relisted(dataset, tmp_path / "failed", lines)
    broken = min(whole)
    (failed / broken).write_bytes(b"\x89PNG\r\n\x1a\n no more")
    report = workspace.compare(optimised, parent, failed, **QUIET)
    assert flips_by_name(report) == {name: flip for name, flip in whole.items() if name != broken}
    assert (report.summary.n, report.summary.n_failed) == (N - 1, 1)
    ((name, reason),) = report.failed.rows()
    assert name == broken
    assert reason.startswith("both models: ")
    assert ";" not in reason


def test_the_same_flips_with_and_without_annotations(workspace, world, tmp_path):
    optimised, parent, dataset = world
    annotated = workspace.compare(*world, **QUIET)
    bare = tmp_path / "bare"
    shutil.copytree(dataset, bare, ignore=shutil.ignore_patterns("val.txt"))
    report = workspace.compare(optimised, parent, bare, **QUIET)

    same = ["image_name", "optimised_class", "parent_class", "parent_class_rank", "optimised_confidence", "agreed"]
    assert report.images.select(same).equals(annotated.images.select(same))
    assert set(report.images["flip"]) == {None, "changed"}
    assert report.flips["image_name"].equals(annotated.flips["image_name"])
    assert report.summary.difference is None
    assert report.summary.agreement == annotated.summary.agreement
    assert report.summary.ceiling >= report.summary.flips.total / N


def test_labelling_only_the_flips_gives_the_exact_change_of_accuracy(workspace, world, tmp_path):
    optimised, parent, dataset = world
    annotated = workspace.compare(*world, **QUIET)
    bare = tmp_path / "bare"
    shutil.copytree(dataset, bare, ignore=shutil.ignore_patterns("val.txt"))
    written = workspace.compare(optimised, parent, bare, **QUIET).write_flips(tmp_path / "flips.csv")

    table = pl.read_csv(written)
    assert table["image_name"].to_list() == annotated.flips["image_name"].to_list()
    assert table["right_class"].null_count() == len(table) == annotated.summary.flips.total
    assert table["file"].to_list() == [str(bare / name) for name in table["image_name"]]
    right = [str(label) for label in annotated.flips["annotated_class"].to_list()]
    right[0] = f" {annotated.flips['annotated_name'][0].upper()} "  # names are as good as ids
    table.with_columns(pl.Series("right_class", right)).write_csv(written)
    report = workspace.compare(optimised, parent, bare, **QUIET, labels=written)

    assert flips_by_name(report) == flips_by_name(annotated)
    assert report.summary.difference.value == pytest.approx(annotated.summary.difference.value)
    assert report.summary.labelled_flips == len(table)
    assert report.record.labels_source == "flips.csv"
    assert report.flips["annotated_name"].to_list() == annotated.flips["annotated_name"].to_list()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('image_name,right_class\n"image_00001.png,1\n' + "x" * 200_000, "cannot be read as CSV"),
        ("x" * 200_000, "cannot be read as CSV"),
        ("image_name,right_class\nimage_00001.png," + "9" * 5000, r"'9{80}\.\.\.' is no class"),
        ("image_name,right_class\nimage_00001.png,\xfc", "cannot be read as UTF-8"),
    ],
)
def test_labels_that_are_no_table_are_refused_as_such(workspace, world, tmp_path, content, said):
    labels = tmp_path / "flips.csv"
    labels.write_text(content, encoding="latin-1")
    with pytest.raises(DatasetProblemsError, match=said):
        workspace.compare(*world, **QUIET, labels=labels)


def test_labels_that_cannot_be_used_are_refused_together_with_their_lines(workspace, world, tmp_path):
    labels = tmp_path / "flips.csv"
    labels.write_text(
        "image_name,right_class\nimage_00003.png,gren\nnowhere.png,1\nimage_00009.png,7\nimage_00009.png,1\n"
    )
    with pytest.raises(DatasetProblemsError) as refused:
        workspace.compare(*world, **QUIET, labels=labels)
    assert [(each.line, each.code) for each in refused.value.findings] == [
        (2, "class-unknown"),
        (3, "image-unknown"),
        (4, "class-unknown"),
        (5, "image-twice"),
    ]
    assert "closest is 'green'" in str(refused.value)
    labels.write_text("name;class\na;1\n")
    with pytest.raises(DatasetProblemsError, match="no column image_name and no column right_class"):
        workspace.compare(*world, **QUIET, labels=labels)
    with pytest.raises(UsageError, match=r"no file .*absent\.csv"):
        workspace.compare(*world, **QUIET, labels=tmp_path / "absent.csv")
    assert workspace.all_reports() == []


def test_a_background_class_of_one_model_changes_no_flip(workspace, world, tmp_path):
    _, parent, dataset = world
    expected = workspace.compare(*world, **QUIET)
    with_background = np.concatenate([np.full((3, 1), -5.0), PERTURBED], axis=1)
    labels = ("background", "red", "green", "blue")
    model = write_model(tmp_path / "background.onnx", weights_ck=with_background, metadata=metadata_of(*labels))
    report = workspace.compare(model, parent, dataset, **QUIET)

    assert (report.record.matching.kind, report.record.matching.parent_outputs) == ("offset", (-1, 0, 1, 2))
    assert flips_by_name(report) == flips_by_name(expected)
    assert report.images["optimised_class"].to_list() == [each + 1 for each in expected.images["optimised_class"]]
    assert report.images["parent_class"].equals(expected.images["parent_class"])
    assert report.images["optimised_name"].equals(expected.images["optimised_name"])
    assert report.summary.outcomes == expected.summary.outcomes
    top = report.image(int(report.flips["position"][0]))
    assert [each.name for each in top.optimised_top if each.annotated] == [
        each.name for each in top.parent_top if each.annotated
    ]
    turned = workspace.compare(parent, model, dataset, **QUIET)
    assert turned.summary.outcomes.broken == expected.summary.outcomes.fixed
    assert turned.summary.outcomes.fixed == expected.summary.outcomes.broken


def test_classes_in_another_order_are_compared_by_name(workspace, world, tmp_path):
    _, parent, dataset = world
    expected = workspace.compare(*world, **QUIET)
    order = [2, 0, 1]
    turned = write_model(
        tmp_path / "turned.onnx", weights_ck=PERTURBED[:, order], metadata=metadata_of("blue", "red", "green")
    )
    by_map = {**workspace.configuration(workspace.model(turned)).configuration.model_dump(exclude_none=True)}
    by_map["annotations"] = {"map": {0: 1, 1: 2, 2: 0}}
    own = workspace.configuration(workspace.model(parent))
    report = workspace.compare(turned, parent, dataset, **QUIET, config=by_map, parent_config=own)

    assert (report.record.matching.kind, report.record.matching.parent_outputs) == ("names", (2, 0, 1))
    assert flips_by_name(report) == flips_by_name(expected)
    assert report.images["optimised_name"].equals(expected.images["optimised_name"])


def test_models_over_different_classes_are_refused_before_anything_is_inferred(workspace, world, tmp_path):
    _, parent, dataset = world
    other = write_model(tmp_path / "animals.onnx", metadata=metadata_of("cat", "dog", "cow"))
    with pytest.raises(LabelError, match="'cat', 'dog', 'cow'"):
        workspace.compare(other, parent, dataset, **QUIET)
    assert not list(workspace.folder.glob("predictions/*"))


def test_summaries_of_both_models_are_over_exactly_the_images_compared(workspace, world):
    report = workspace.compare(*world, **QUIET)
    for model, column in ((report.record.optimised, "optimised"), (report.record.parent, "parent")):
        assert model.summary.n == N
        assert model.summary.top1.right == (report.images[f"{column}_annotated_rank"] == 0).sum()


def test_speed_of_both_models_is_measured_in_turns(workspace, world):
    speed = workspace.compare(*world, speed_rounds=2, speed_seconds=0.05).record.speed
    assert {figure.hint for figure in speed.figures} == {"throughput", "latency"}
    assert all(len(figure.ratio.rounds) == 2 for figure in speed.figures)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"margin": 0.0}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"margin": 1.5}, "margin"),
        ({"speed_rounds": -1}, "rounds"),
    ],
)
def test_impossible_options_are_refused_before_anything_is_inferred(workspace, world, options, said):
    with pytest.raises(UsageError, match=said):
        workspace.compare(*world, **{**QUIET, **options})
    assert not list(workspace.folder.glob("predictions/*"))


def test_a_reader_is_warned_of_what_makes_a_comparison_doubtful(workspace, world):
    optimised, parent, dataset = world
    codes = {each.code for each in workspace.compare(*world, **QUIET).record.findings}
    assert "few-images" in codes
    itself = workspace.compare(parent, parent, dataset, **QUIET)
    assert "same-model" in {each.code for each in itself.record.findings}
    assert itself.summary.flips.total == 0
    raw = workspace.configuration(workspace.model(parent), "raw")
    different = workspace.compare(optimised, parent, dataset, **QUIET, parent_config=raw).record
    assert "different-preprocessing" in {each.code for each in different.findings}


def test_reports_of_all_kinds_are_found_by_id_and_as_the_latest(workspace, world):
    _, parent, dataset = world
    accuracy = workspace.evaluate(parent, dataset)
    comparison = workspace.compare(*world, **QUIET)
    distance = workspace.distance(*world)

    assert [each.id for each in workspace.all_reports()] == [accuracy.id, comparison.id, distance.id]
    for report in (accuracy, comparison, distance):
        assert type(workspace.find_report(report.id)) is type(report)
    assert workspace.find_report("latest").id == distance.id
    assert workspace.comparison("latest").id == comparison.id
    assert workspace.tensor_distance("latest").id == distance.id
    assert workspace.report("latest").id == accuracy.id
    assert [each.id for each in workspace.reports()] == [accuracy.id]
    with pytest.raises(ReportNotFoundError, match="no accuracy report but a comparison"):
        workspace.report(comparison.id)
    with pytest.raises(ReportNotFoundError, match="no comparison but a tensor distance"):
        workspace.comparison(distance.id)
    with pytest.raises(ReportNotFoundError, match="no tensor distance but an accuracy report"):
        workspace.tensor_distance(accuracy.id)
    for look in (workspace.find_report, workspace.comparison, workspace.tensor_distance):
        with pytest.raises(ReportNotFoundError, match="There is no report 'r-none'"):
            look("r-none")


def test_an_image_shows_what_both_models_made_of_it(workspace, world):
    report = workspace.compare(*world, **QUIET)
    position = int(report.flips["position"][0])
    image = report.image(position)

    row = report.images.row(position, named=True)
    assert image.row.model_dump() == row
    tops = (image.optimised_top[0], image.parent_top[0])
    assert [each.class_id for each in tops] == [row["optimised_class"], row["parent_class"]]
    assert image.optimised_top[0].confidence == pytest.approx(row["optimised_confidence"])
    assert image.parent_top[0].confidence == pytest.approx(row["parent_confidence"])
    assert (image.path, image.failure, image.picture_failure) == (str(world[2] / row["image_name"]), None, None)
    with pytest.raises(UsageError, match="no image 60"):
        report.image(60)


def test_only_flips_can_be_looked_at_page_by_page(workspace, world):
    report = workspace.compare(*world, **QUIET)
    view = report.view(["flip=broken"], sort="optimised_confidence", limit=3)
    assert view.count == report.summary.flips.broken == len(report.flips_of("broken"))
    assert view.rows["image_name"].to_list() == report.rows_at(view.positions)["image_name"].to_list()


def test_deleting_the_parent_takes_its_comparisons_and_leaves_the_other_model_working(workspace, world):
    optimised, _, dataset = world
    comparison, distance = workspace.compare(*world, **QUIET), workspace.distance(*world)
    parent_id = comparison.record.parent.model_id
    going = workspace.dependents("model", parent_id)
    assert {each.id for each in going.reports} == {comparison.id, distance.id}
    workspace.delete_model(parent_id, with_dependents=True)
    assert workspace.all_reports() == []
    assert workspace.evaluate(optimised, dataset).summary.n == N
