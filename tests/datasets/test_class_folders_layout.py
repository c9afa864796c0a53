"""One folder per class, also below the folder of a split."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accubench.datasets import load_dataset
from accubench.errors import DatasetProblemsError, UsageError


def rows(content):
    return content.manifest.select("image_name", "dataset_class").rows()


def codes(content_or_error):
    return [finding.code for finding in content_or_error.findings]


def test_the_id_is_the_position_of_the_folder_and_names_decide(make_tree):
    content = load_dataset(make_tree("dog/a.jpg", "cat/b.jpg", "cat/a.JPEG"))
    assert (content.layout, content.split, content.annotation_file) == ("class_folders", None, None)
    assert rows(content) == [("cat/a.JPEG", 0), ("cat/b.jpg", 0), ("dog/a.jpg", 1)]
    assert (content.class_names.names, content.class_names.synsets) == (("cat", "dog"), None)
    assert content.names_decide
    assert content.findings == ()
    assert content.manifest["line"].null_count() == 3


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val", "test"])
def test_a_split_is_chosen_and_never_taken_for_a_class(make_tree, name):
    root = make_tree("train/cat/a.jpg", "train/dog/b.jpg", f"{name}/cat/c.jpg", f"{name}/dog/d.jpg")
    content = load_dataset(root)
    assert content.root == root / name
    assert content.source == root
    assert content.split == ("test" if name == "test" else "val")
    assert rows(content) == [("cat/c.jpg", 0), ("dog/d.jpg", 1)]
    assert codes(content) == ["split-chosen"]
    assert f"{name} was taken" in content.findings[0].message


def test_the_split_can_be_asked_for(make_tree):
    root = make_tree("train/cat/a.jpg", "train/dog/b.jpg", "val/cat/c.jpg", "test/cat/d.jpg")
    assert rows(load_dataset(root, split="train")) == [("cat/a.jpg", 0), ("dog/b.jpg", 1)]
    assert load_dataset(root, split="validation").split == "val"
    assert load_dataset(root, split="test").findings == ()
    with pytest.raises(UsageError, match=r"no split 'holdout'; the dataset has the folders val, test, train"):
        load_dataset(root, split="holdout")


def test_a_split_that_is_asked_for_where_there_are_none_is_an_error(make_tree):
    with pytest.raises(UsageError, match="no folders train, val or test"):
        load_dataset(make_tree("cat/a.jpg", "dog/b.jpg"), split="val")


def test_train_is_taken_when_it_is_the_only_one_and_says_so(make_tree):
    content = load_dataset(make_tree("train/cat/a.jpg", "train/dog/b.jpg"))
    assert (content.split, codes(content)) == ("train", ["split-chosen"])


def test_one_class_folder_is_enough_inside_a_split(make_tree):
    assert load_dataset(make_tree("train/cat/a.jpg", "val/cat/b.jpg")).class_names.names == ("cat",)


def test_a_class_may_be_called_train(make_tree):
    content = load_dataset(make_tree("train/a.jpg", "car/b.jpg", "bus/c.jpg"))
    assert content.class_names.names == ("bus", "car", "train")
    assert content.split is None


def test_a_split_may_have_an_annotation_file_of_its_own(make_tree):
    root = make_tree("train/a.jpg", "val/b.jpg", files={"val/labels.csv": "path,class\nb.jpg,3\n"})
    content = load_dataset(root)
    assert (content.layout, content.split, rows(content)) == ("table", "val", [("b.jpg", 3)])


def test_a_split_of_loose_images_is_not_annotated(make_tree):
    content = load_dataset(make_tree("train/a.jpg", "val/b.jpg"))
    assert (content.layout, content.split, content.annotated) == ("images", "val", False)


def test_synset_folders_get_their_names_from_imagenet(make_tree):
    content = load_dataset(make_tree("n01443537/a.jpg", "n01440764/images/deep/b.jpg"))
    assert rows(content) == [("n01440764/images/deep/b.jpg", 0), ("n01443537/a.jpg", 1)]
    assert content.class_names.synsets == ("n01440764", "n01443537")
    assert content.class_names.names == ("tench, Tinca tinca", "goldfish, Carassius auratus")
    assert content.names_decide


def test_synset_folders_get_other_names_from_a_file_beside_them(make_tree):
    files = {"LOC_synset_mapping.txt": "n00000001 first\nn00000002 second, other\n"}
    content = load_dataset(make_tree("val/n00000002/a.jpg", "val/n00000001/b.jpg", files=files))
    assert content.class_names.names == ("first", "second, other")
    assert content.class_names.synsets == ("n00000001", "n00000002")


def test_unknown_synsets_are_their_own_names(make_tree):
    assert load_dataset(make_tree("n00000002/a.jpg", "n00000001/b.jpg")).class_names.names == ("n00000001", "n00000002")


def test_integer_folders_are_ids_and_not_sorted_as_text(make_tree):
    content = load_dataset(make_tree("10/a.jpg", "9/b.jpg", "100/c.jpg"))
    assert sorted(rows(content)) == [("10/a.jpg", 10), ("100/c.jpg", 100), ("9/b.jpg", 9)]
    assert not content.names_decide
    assert content.class_names is None


def test_integer_folders_may_have_leading_zeros_and_names(make_tree):
    content = load_dataset(make_tree("000/a.jpg", "001/b.jpg", files={"classes.txt": "cat\ndog\n"}))
    assert rows(content) == [("000/a.jpg", 0), ("001/b.jpg", 1)]
    assert content.class_names.names == ("cat", "dog")


def test_two_folders_for_one_id_are_an_error(make_tree):
    with pytest.raises(DatasetProblemsError, match="Class 1 has more than one folder: 01, 1"):
        load_dataset(make_tree("1/a.jpg", "01/b.jpg"))


def test_integer_folders_beyond_the_names_are_a_warning(make_tree):
    content = load_dataset(make_tree("0/a.jpg", "2/b.jpg", files={"classes.txt": "cat\ndog\n"}))
    assert (codes(content), content.class_names) == (["names-do-not-fit"], None)


def test_names_that_were_given_must_be_enough(make_tree):
    root = make_tree("0/a.jpg", "2/b.jpg", files={"names.txt": "cat\ndog\n"})
    with pytest.raises(DatasetProblemsError, match=r"names\.txt: There are 2 names, but a folder for class 2"):
        load_dataset(root, labels=Path("names.txt"))


def test_an_empty_class_folder_counts_as_a_class_with_a_warning(make_tree):
    root = make_tree("cat/a.jpg", "dog/b.jpg")
    (root / "bird").mkdir()
    content = load_dataset(root)
    assert content.class_names.names == ("bird", "cat", "dog")
    assert [(finding.code, finding.file) for finding in content.findings] == [("empty-class", "bird")]


def test_a_folder_of_other_files_is_no_class(make_tree):
    content = load_dataset(make_tree("cat/a.jpg", "dog/b.jpg", files={"meta/notes.json": "{}"}))
    assert content.class_names.names == ("cat", "dog")
    assert [(finding.code, finding.file) for finding in content.findings] == [("no-class-folder", "meta")]


def test_images_beside_class_folders_are_left_out_and_said(make_tree):
    content = load_dataset(make_tree("cat/a.jpg", "dog/b.jpg", "overview.png"))
    assert rows(content) == [("cat/a.jpg", 0), ("dog/b.jpg", 1)]
    assert "2 class folders and also 1 images that lie in none of them" in content.findings[0].message
    assert "overview.png" in content.findings[0].message


def test_an_unrelated_text_file_does_not_matter(make_tree):
    content = load_dataset(make_tree("cat/a.jpg", "dog/b.jpg", files={"README.txt": "My cats.\n", "c.csv": "a,b\n1,2"}))
    assert (content.layout, content.findings) == ("class_folders", ())


def test_folders_that_a_given_label_file_lacks_are_a_warning(make_tree):
    root = make_tree("cat/a.jpg", "dgo/b.jpg", files={"names.txt": "Cat\nDog\n"})
    content = load_dataset(root, labels=Path("names.txt"))
    assert [finding.message for finding in content.findings] == ["The folder dgo has no name in the label file."]


def test_hostile_folder_names_are_only_names(make_tree):
    names = ("<script>", "a b", "日本", 'q"uote')
    assert set(load_dataset(make_tree(*(f"{name}/a.jpg" for name in names))).class_names.names) == set(names)


def test_an_undecodable_image_name_is_an_error_and_not_left_out_in_silence(make_tree):
    root = make_tree("cat/a.jpg", "dog/b.jpg")
    Path(os.fsdecode(os.fsencode(root) + b"/cat/caf\xe9.jpg")).write_bytes(b"x")
    with pytest.raises(DatasetProblemsError, match=r"cat/caf\\udce9.jpg: The name is not UTF-8"):
        load_dataset(root)


def test_class_folders_may_be_links(make_tree):
    pool = make_tree("cats/a.jpg", "dogs/b.jpg", root="pool")
    root = make_tree()
    (root / "cat").symlink_to(pool / "cats")
    (root / "dog").symlink_to(pool / "dogs")
    (root / "dog" / "up").symlink_to(root)
    content = load_dataset(root)
    assert rows(content) == [("cat/a.jpg", 0), ("dog/b.jpg", 1)]
    assert codes(content) == ["link-not-followed"]
