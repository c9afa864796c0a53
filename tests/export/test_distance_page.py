"""The HTML page, Markdown, notebook form and sentence of tensor distances: the numbers, and names that stay text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from drawn_distances import CLASSES, draw_logits, make_distance, make_distance_table
from scipy.special import rel_entr, softmax
from test_export_page import HOSTILE, Page, drawn_picture

from accubench.errors import Finding
from accubench.export import distance_markdown, distance_notebook_html, distance_sentence, export_report
from accubench.export.distance_page import distance_page, distance_page_html
from accubench.export.numbers import distance_text


def drawn_table(*, failed: int = 2) -> pl.DataFrame:
    return make_distance_table(draw_logits(60, equal=3), failed=failed)


def test_the_sentence_has_the_mean_squared_error_and_the_image_farthest_apart() -> None:
    optimised_nk, parent_nk = draw_logits(60, equal=3)
    mse_n = np.square(optimised_nk - parent_nk).mean(axis=1)[:58]
    worst = int(mse_n.argmax())

    assert distance_sentence(make_distance(drawn_table())) == (
        f"The class scores of shapes-int8 and shapes differ by a mean squared error of {mse_n.mean():.3g} on average "
        f"over 58 images, most on images/{worst:05d}.jpg ({mse_n.max():.3g}); on 3 images they are the same. "
        "2 images failed."
    )


def test_models_that_give_the_same_numbers_are_said_to() -> None:
    same = make_distance_table(draw_logits(5, equal=5))
    none = make_distance_table(draw_logits(2), failed=2)

    assert distance_sentence(make_distance(same)) == (
        "The class scores of shapes-int8 and shapes are the same, number by number, on all 5 images."
    )
    assert distance_sentence(make_distance(none)) == "No image could be compared. 2 images failed."


def test_the_page_shows_spreads_histograms_worst_images_and_every_row() -> None:
    table = drawn_table()
    distance = make_distance(table)
    page = Page(distance_page_html(distance, table, image_jpeg=drawn_picture))
    text = " ".join(page.text.split())
    computed = distance_page(distance, table, image_jpeg=drawn_picture)
    farthest = table.sort("mse", descending=True, nulls_last=True, maintain_order=True).head(12)

    assert distance_sentence(distance) in text
    assert f"Class scores, {CLASSES} numbers an image: 58 images compared, 3 of them the same number by number." in text
    for row in computed.outputs[0].rows:
        assert "".join("".join(row).split()) in "".join(text.split())
    assert [each.image_name for each in computed.worst] == farthest["image_name"].to_list()
    assert [each.mse for each in computed.worst] == [distance_text(each) for each in farthest["mse"]]
    assert f"MSE {computed.worst[0].mse}" in text
    data = page.data
    for column, values in data["columns"].items():
        assert values == table[column].to_list()
    another = table.with_row_index().filter(~pl.col("agreed"))["index"].to_list()
    assert data["shows"] == {"flips": another, "failed": [58, 59]}
    assert another


def test_the_numbers_of_the_page_follow_from_the_scores() -> None:
    optimised_nk, parent_nk = draw_logits(58, equal=3)
    kl_n = rel_entr(softmax(parent_nk, axis=1), softmax(optimised_nk, axis=1)).sum(axis=1)
    table = make_distance_table((optimised_nk, parent_nk))
    part = distance_page(make_distance(table), table, image_jpeg=drawn_picture).outputs[0]
    by_title = {row[0]: row for row in part.rows}
    bars = dict(part.histograms)["KL Divergence"]

    shown = (kl_n.mean(), np.median(kl_n), *np.quantile(kl_n, (0.9, 0.99)), kl_n.min(), kl_n.max())
    assert by_title["KL Divergence"][1:7] == tuple(f"{each:.3g}" for each in shown)
    assert by_title["KL Divergence"][7] == f"images/{int(kl_n.argmax()):05d}.jpg"
    assert (bars[0].label, bars[0].count) == ("0", 3)
    assert sum(bar.count for bar in bars) == 58
    assert max(bar.width for bar in bars) == 100


def test_further_outputs_are_shown_below_the_class_scores_without_a_divergence() -> None:
    features = make_distance_table(draw_logits(60, seed=4), output="features", is_scores=False, failed=2)
    table = pl.concat([drawn_table(), features])
    distance = make_distance(table)
    page = distance_page(distance, table, image_jpeg=drawn_picture)
    markdown = distance_markdown(distance)

    assert [part.name for part in page.outputs] == ["logits", "features"]
    assert [row[0] for row in page.outputs[1].rows] == [
        "Mean Squared Error", "Cosine Distance", "Largest Absolute Difference",
    ]  # fmt: skip
    assert page.images.rows == 60
    assert (markdown.count("KL Divergence"), markdown.count("Mean Squared Error")) == (1, 2)


def test_markdown_and_notebook_have_the_sentence_and_every_spread() -> None:
    distance = make_distance(drawn_table())
    page = Page(distance_notebook_html(distance))
    markdown = distance_markdown(distance).replace("\\", "")

    for form in (" ".join(page.text.split()), markdown):
        assert distance_sentence(distance) in form
        for spread in distance.outputs[0].distributions:
            assert all(distance_text(value) in form for value in (spread.mean, spread.median, spread.p90, spread.p99))
    assert "shapes-int8" in markdown.splitlines()[0]


def test_hostile_names_stay_text_in_every_form() -> None:
    table = make_distance_table(draw_logits(9), output=HOSTILE, image_name=lambda row: f"{HOSTILE}{row}", failed=1)
    finding = Finding(code="x", message=HOSTILE, severity="warning")
    distance = make_distance(table, optimised_name=HOSTILE, parent_name=HOSTILE, findings=(finding,))
    page = Page(distance_page_html(distance, table, image_jpeg=drawn_picture))

    assert [tag for tag, _ in page.elements].count("script") == 2
    assert all("onerror" not in attributes for _, attributes in page.elements)
    assert HOSTILE in page.text
    assert page.data["columns"]["image_name"] == table["image_name"].to_list()
    assert "<img" not in distance_markdown(distance)
    assert "<img" not in distance_notebook_html(distance)


def test_every_form_of_file_has_all_rows_of_all_outputs(tmp_path: Path) -> None:
    features = make_distance_table(draw_logits(60, seed=4), output="features", is_scores=False)
    table = pl.concat([drawn_table(failed=0), features])
    for suffix in (".csv", ".parquet", ".json", ".html"):
        export_report(tmp_path / f"d{suffix}", make_distance(table), table, image_jpeg=drawn_picture)

    assert pl.read_parquet(tmp_path / "d.parquet").equals(table)
    assert pl.read_csv(tmp_path / "d.csv", schema=table.schema).equals(table)
    assert "features" in Page((tmp_path / "d.html").read_text("utf-8")).text
