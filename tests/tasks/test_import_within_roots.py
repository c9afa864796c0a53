"""Datasets that are imported for somebody else may not lead to other files of the machine."""

import pytest

from accubench import Workspace
from accubench.errors import DatasetProblemsError
from accubench.tasks.import_dataset import import_dataset
from small_world import write_dataset


@pytest.fixture
def import_within(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:

        def run(source, *roots):
            return import_dataset(workspace._surroundings(), source, roots=roots)

        yield run


def test_images_below_a_root_are_taken_links_to_other_roots_included(import_within, tmp_path):
    dataset = write_dataset(tmp_path / "data" / "colours", 6)
    elsewhere = write_dataset(tmp_path / "more" / "colours", 1) / "image_00000.png"
    (dataset / "image_00000.png").unlink()
    (dataset / "image_00000.png").symlink_to(elsewhere)

    assert import_within(dataset, tmp_path / "data", tmp_path / "more").n_images == 6


@pytest.mark.parametrize("by", ["link", "folder link", "path in a table"])
def test_images_elsewhere_are_refused_with_their_names_and_nothing_is_kept(import_within, tmp_path, by):
    dataset = write_dataset(tmp_path / "data" / "colours", 3)
    secret = write_dataset(tmp_path / "data-elsewhere", 1) / "image_00000.png"
    source = dataset
    if by == "link":
        (dataset / "image_00001.png").unlink()
        (dataset / "image_00001.png").symlink_to(secret)
        (dataset / "val.txt").write_text("image_00001.png 0\n")
    elif by == "folder link":
        (dataset / "inner").symlink_to(secret.parent)
        (dataset / "val.txt").write_text("inner/image_00000.png 0\n")
    else:
        source = dataset / "table.csv"
        source.write_text(f"path,label\n{secret},0\n{dataset / 'image_00002.png'},1\n")

    with pytest.raises(DatasetProblemsError, match="outside of the folders") as refused:
        import_within(source, tmp_path / "data")

    assert [finding.code for finding in refused.value.findings] == ["outside-root"]
    assert not list((tmp_path / "workspace").glob("datasets/*"))
    assert import_within(source).n_images  # anywhere is fine for who asks for nothing else
