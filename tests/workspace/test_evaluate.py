import shutil

import numpy as np
import polars as pl
import pytest

from accubench import Workspace
from accubench.errors import (
    Cancelled,
    DatasetNotFoundError,
    DatasetProblemsError,
    ModelNotFoundError,
    ReportNotFoundError,
    UsageError,
)
from accubench.records.report import REPORT_COLUMNS
from small_world import expected_logits, write_dataset, write_model


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def test_every_image_is_judged_as_the_arithmetic_says(workspace, colour_model, colour_dataset):
    report = workspace.evaluate(colour_model, colour_dataset)

    logits = np.stack([expected_logits(row) for row in range(150)])
    np.testing.assert_allclose(report.scores(), logits, rtol=1e-6)
    exponentials = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    confidence = (exponentials / exponentials.sum(axis=1, keepdims=True)).max(axis=1)
    np.testing.assert_allclose(report.images["predicted_confidence"], confidence, rtol=1e-5)
    assert report.images["predicted_class"].to_list() == [row % 3 for row in range(150)]
    assert report.top1 is not None
    assert (report.top1.right, report.top1.n) == (135, 150)
    assert report.images["annotated_name"][:3].to_list() == ["green", "blue", "red"]
    assert report.images["annotated_class_rank"].null_count() == 0
    assert len(report.erroneous) == 15


def test_the_table_has_the_declared_columns_and_types_in_dataset_order(workspace, colour_model, colour_dataset):
    images = workspace.evaluate(colour_model, colour_dataset).images

    assert images.schema == {name: getattr(pl, kind) for name, (kind, _, _) in REPORT_COLUMNS.items()}
    assert images["image_name"].to_list() == [f"image_{row:05d}.png" for row in range(150)]


def test_k_never_exceeds_the_number_of_classes(workspace, colour_model, colour_dataset):
    report = workspace.evaluate(colour_model, colour_dataset)

    assert [top.k for top in report.summary.top_k] == [1, 3]
    assert report.top_k(2).right >= 135
    assert report.top_k(3).value == 1.0
    assert report.top_k(99).k == 3


def test_a_second_run_reuses_the_scores_and_makes_a_new_report(workspace, colour_model, colour_dataset):
    first = workspace.evaluate(colour_model, colour_dataset)
    second = workspace.evaluate(colour_model, colour_dataset)
    fresh = workspace.evaluate(colour_model, colour_dataset, fresh=True)

    assert (first.record.reused_predictions, second.record.reused_predictions) == (False, True)
    assert second.record.predictions_id == first.record.predictions_id
    assert fresh.record.predictions_id != first.record.predictions_id
    assert [report.id for report in workspace.reports()] == [first.id, second.id, fresh.id]
    assert first.images.equals(second.images)
    assert first.images.equals(fresh.images)


def test_other_metrics_and_labels_reuse_scores_but_other_preprocessing_does_not(
    workspace, colour_model, colour_dataset
):
    inferred = workspace.configuration(workspace.model(colour_model)).configuration
    document = inferred.model_dump(exclude_none=True)
    workspace.evaluate(colour_model, colour_dataset)

    more_k = workspace.evaluate(colour_model, colour_dataset, config={**document, "metrics": {"top_k": [2]}})
    mapped = workspace.evaluate(
        colour_model, colour_dataset, config={**document, "annotations": {"map": {0: 2, 1: 0, 2: 1}}}
    )
    bgr = workspace.evaluate(
        colour_model,
        colour_dataset,
        config={**document, "preprocessing": [{"decode": {"color": "BGR"}}, *document["preprocessing"][1:]]},
    )

    assert more_k.record.reused_predictions
    assert mapped.record.reused_predictions
    assert mapped.top1 is not None
    assert mapped.top1.right == 15
    assert not bgr.record.reused_predictions
    assert bgr.images["predicted_class"].to_list() == [(2, 1, 0)[row % 3] for row in range(150)]


def test_corrected_annotations_reuse_the_scores(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 30, wrong=3)
    before = workspace.evaluate(colour_model, folder)
    annotations = folder / "val.txt"
    annotations.write_text("".join(f"image_{row:05d}.png {row % 3}\n" for row in range(30)))

    after = workspace.evaluate(colour_model, folder)

    assert before.top1 is not None
    assert after.top1 is not None
    assert (before.top1.right, after.top1.right) == (27, 30)
    assert after.record.reused_predictions
    assert [dataset.version for dataset in workspace.datasets()] == [1, 2]


def test_a_changed_image_is_noticed(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 30)
    workspace.evaluate(colour_model, folder)
    shutil.copy(folder / "image_00001.png", folder / "image_00000.png")

    after = workspace.evaluate(colour_model, "images")

    assert not after.record.reused_predictions
    assert after.images["predicted_class"][0] == 1
    assert workspace.datasets()[-1].version == 2


def test_a_changed_model_file_is_a_new_version(workspace, colour_dataset, tmp_path):
    path = write_model(tmp_path / "colours.onnx")
    workspace.evaluate(path, colour_dataset)
    write_model(path, gain=1)

    workspace.evaluate(path, colour_dataset)

    assert [(model.name, model.version) for model in workspace.models()] == [("colours", 1), ("colours", 2)]
    assert len({model.content_sha256 for model in workspace.models()}) == 2


def test_names_in_the_workspace_stand_for_paths(workspace, colour_model, colour_dataset):
    by_path = workspace.evaluate(colour_model, colour_dataset)

    by_name = workspace.evaluate(by_path.record.model_name, by_path.record.dataset_name)

    assert by_name.record.predictions_id == by_path.record.predictions_id
    assert by_name.record.project_id == by_path.record.project_id


def test_a_model_imported_again_under_any_of_its_names_is_the_same_model(workspace, colour_model):
    first = workspace.import_model(colour_model, name="first")
    second = workspace.import_model(colour_model, name="second")

    assert workspace.import_model(colour_model, name="first") == first
    assert workspace.import_model(colour_model, name="second") == second
    assert workspace.models() == [first, second]


def test_a_model_is_evaluated_from_its_copy_when_the_original_is_gone(workspace, colour_dataset, tmp_path):
    path = write_model(tmp_path / "gone.onnx")
    workspace.model(path)
    path.unlink()

    report = workspace.evaluate("gone", colour_dataset)

    assert report.top1 is not None
    assert report.top1.right == 135


def test_probabilities_are_not_softmaxed_again(workspace, colour_dataset, tmp_path):
    logits = workspace.evaluate(write_model(tmp_path / "logits.onnx"), colour_dataset)
    probabilities = workspace.evaluate(write_model(tmp_path / "probabilities.onnx", softmax=True), colour_dataset)

    assert (logits.record.reading.kind, probabilities.record.reading.kind) == ("logits", "probabilities")
    np.testing.assert_allclose(
        logits.images["predicted_confidence"], probabilities.images["predicted_confidence"], rtol=1e-5
    )


def test_failed_images_stay_as_rows_with_their_reason(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 12)
    (folder / "image_00004.png").write_bytes(b"")
    (folder / "image_00007.png").write_text("<script>alert(1)</script>")

    report = workspace.evaluate(colour_model, folder)

    failed = report.images.filter(pl.col("status") == "failed")
    assert failed["image_name"].to_list() == ["image_00004.png", "image_00007.png"]
    assert failed["predicted_class"].to_list() == [None, None]
    assert failed["annotated_class_rank"].to_list() == [None, None]
    assert failed["predicted_confidence"].to_list() == [None, None]
    assert failed["annotated_class"].to_list() == [1, 1]
    assert failed["failure"].to_list() == [
        "is empty",
        "is not an image: starts with the text '<script>alert(1)</script'",
    ]
    assert (report.summary.n_images, report.summary.n, report.summary.n_failed) == (12, 10, 2)
    assert report.top1 is not None
    assert (report.top1.right, report.top1.n) == (10, 10)


def test_images_without_annotations_get_predictions_but_no_accuracy(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 12)
    (folder / "val.txt").unlink()

    report = workspace.evaluate(colour_model, folder)

    assert report.top1 is None
    assert report.images["predicted_class"].to_list() == [row % 3 for row in range(12)]
    assert report.images["annotated_class"].null_count() == 12
    with pytest.raises(UsageError, match="No evaluated image of images is annotated"):
        report.top_k(1)


def test_class_folders_are_matched_by_name_never_by_position(workspace, colour_model, tmp_path):
    flat = write_dataset(tmp_path / "flat", 30)
    folder = tmp_path / "folders"
    for row in range(30):
        name = ("red", "green", "blue")[row % 3]
        if name != "green":
            (folder / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(flat / f"image_{row:05d}.png", folder / name)

    report = workspace.evaluate(colour_model, folder)

    assert report.top1 is not None
    assert (report.top1.right, report.top1.n) == (20, 20)
    assert report.record.mapping is not None
    assert report.record.mapping.kind == "name"


def test_ids_outside_the_models_classes_are_refused_before_anything_is_inferred(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 6)
    (folder / "val.txt").write_text("".join(f"image_{row:05d}.png {row}\n" for row in range(6)))

    with pytest.raises(DatasetProblemsError, match=r"val\.txt:4: .*3"):
        workspace.evaluate(colour_model, folder)

    assert workspace.reports() == []


def test_ids_that_run_one_too_high_name_the_remedy(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "images", 6)
    (folder / "val.txt").write_text("".join(f"image_{row:05d}.png {row % 3 + 1}\n" for row in range(6)))

    with pytest.raises(DatasetProblemsError, match=r"offset: -1"):
        workspace.evaluate(colour_model, folder)


def test_confusion_and_per_class_tables_follow_from_the_images(workspace, colour_model, colour_dataset):
    report = workspace.evaluate(colour_model, colour_dataset)

    confusion = report.confusion()
    assert confusion.sum() == 150
    assert np.trace(confusion) == 135
    per_class = report.per_class()
    assert per_class["class_name"].to_list() == ["red", "green", "blue"]
    assert per_class["support"].to_list() == confusion.sum(axis=1).tolist()
    assert report.most_confused(1)["annotated_name"].to_list() == ["red"]
    assert len(report.worst(5)) == 5


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json", ".html"])
def test_a_report_is_written_as_every_kind_of_file(workspace, colour_model, colour_dataset, tmp_path, suffix):
    report = workspace.evaluate(colour_model, colour_dataset)

    written = report.export(tmp_path / f"report{suffix}")

    assert written.stat().st_size > 1000


def test_the_thumbnail_of_an_image_is_its_decoded_pixels(workspace, colour_model, colour_dataset):
    report = workspace.evaluate(colour_model, colour_dataset)

    assert (report.image_jpeg("image_00000.png") or b"").startswith(b"\xff\xd8")
    assert report.image_jpeg("no such image") is None


def test_a_cancelled_run_continues_where_it_stopped(tmp_path, colour_model):
    folder = write_dataset(tmp_path / "images", 400)
    seen = []
    with (
        Workspace(tmp_path / "workspace", progress=seen.append, cancelled=lambda: any(p.done >= 64 for p in seen)) as w,
        pytest.raises(Cancelled),
    ):
        w.evaluate(colour_model, folder)

    seen.clear()
    with Workspace(tmp_path / "workspace", progress=seen.append) as w:
        report = w.evaluate(colour_model, folder)

    assert any("are done already" in (p.message or "") for p in seen)
    first = next(p.done for p in seen if p.total)
    assert first >= 64
    assert report.summary.n == 400
    assert seen[-2].done == 400


def test_what_does_not_exist_is_named_with_what_does(workspace, colour_model, colour_dataset):
    workspace.model(colour_model)
    with pytest.raises(ModelNotFoundError, match="Models in the workspace: colours"):
        workspace.evaluate("nothing", colour_dataset)
    with pytest.raises(DatasetNotFoundError, match="no datasets yet"):
        workspace.evaluate("colours", "nothing")
    with pytest.raises(ReportNotFoundError, match="There is no report 'r-nothing'"):
        workspace.report("r-nothing")


def test_benchmark_measures_both_hints(workspace, colour_model):
    result = workspace.benchmark(colour_model, seconds=0.3)

    assert [run.hint for run in result.runs] == ["throughput", "latency"]
    for run in result.runs:
        assert run.latency_median_ms <= run.latency_p90_ms <= run.latency_p99_ms
        assert run.throughput_fps == pytest.approx(run.iterations / run.duration_s)


def test_the_same_stem_from_another_place_gets_a_name_of_its_own(workspace, tmp_path):
    for place in ("a", "b"):
        workspace.import_model(write_model(tmp_path / place / "colours.onnx", gain=ord(place)))

    assert [model.name for model in workspace.models()] == ["colours", "colours-onnx"]


def test_other_labels_beside_a_model_reuse_its_scores(workspace, colour_dataset, tmp_path):
    path = write_model(tmp_path / "model.onnx", metadata={"color": "RGB", "resize_mode": "stretch"})
    first = workspace.evaluate(path, colour_dataset)
    (tmp_path / "labels.txt").write_text("rouge\nvert\nbleu\n")

    second = workspace.evaluate(path, colour_dataset)

    assert workspace.models()[-1].version == 2
    assert second.record.reused_predictions
    assert second.record.predictions_id == first.record.predictions_id
    assert second.images["predicted_name"][:3].to_list() == ["rouge", "vert", "bleu"]


def test_options_of_an_import_are_refused_for_a_model_that_is_imported_already(workspace, colour_model):
    workspace.model(colour_model)

    with pytest.raises(UsageError, match="was imported already"):
        workspace.model("colours", input_size_hw=(8, 8))
