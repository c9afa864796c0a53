"""Every file of a hostile folder ends as a row: evaluated by the stated rule, or failed with its reason."""

import polars as pl

from cli_runner import run_accubench
from hostile_images import make_hostile_images


def test_every_file_of_a_hostile_folder_ends_as_a_row(tmp_path, colour_model):
    folder = tmp_path / "hostile"
    folder.mkdir()
    expected = make_hostile_images(folder)
    (folder / "val.txt").write_text("".join(f"{name}\t{row % 3}\n" for row, name in enumerate(expected)))

    done = run_accubench("evaluate", colour_model, folder, "--export", "rows.csv", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = pl.read_csv(tmp_path / "rows.csv")
    assert rows["image_name"].to_list() == list(expected)
    assert dict(zip(rows["image_name"], rows["status"], strict=True)) == expected
    failed = rows.filter(pl.col("status") == "failed")
    assert failed["failure"].null_count() == 0
    assert failed["predicted_class"].null_count() == len(failed)
    evaluated = rows.filter(pl.col("status") == "evaluated")
    assert evaluated["predicted_class"].null_count() == 0
    assert evaluated["failure"].null_count() == len(evaluated)
