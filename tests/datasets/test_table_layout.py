"""Tables with a column of paths and a column of classes."""

from __future__ import annotations

import os

import pytest

from accubench.datasets import load_dataset
from accubench.errors import DatasetProblemsError, UsageError


def rows(content, *columns):
    return content.manifest.select(columns or ("image_name", "dataset_class")).rows()


def codes(content_or_error):
    return [finding.code for finding in content_or_error.findings]


@pytest.mark.parametrize(
    "header", ["path,label", "filename,class", "Image Path,Class ID", "file_name,target", "IMAGE,category", "img,y"]
)
def test_columns_are_found_by_their_usual_names(make_tree, header):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"t.csv": f"{header}\nb.jpg,1\na.jpg,0\n"}))
    assert (content.layout, content.annotation_file, content.annotated) == ("table", "t.csv", True)
    assert rows(content, "image_name", "dataset_class", "line") == [("b.jpg", 1, 2), ("a.jpg", 0, 3)]
    assert (content.names_decide, content.findings) == (False, ())


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "T.CSV"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(make_tree, name, delimiter):
    root = make_tree("a.jpg", files={name: f"path{delimiter}class\na.jpg{delimiter}3\n"})
    assert rows(load_dataset(root / name)) == [("a.jpg", 3)]


def test_columns_can_be_given(make_tree):
    text = "id,path,old,new\n1,x.jpg,a.jpg,5\n"
    root = make_tree("a.jpg", files={"t.csv": text})
    assert rows(load_dataset(root / "t.csv", path_column="old", label_column="new")) == [("a.jpg", 5)]
    with pytest.raises(UsageError, match="has no column 'nwe'; it has id, path, old, new"):
        load_dataset(root, path_column="old", label_column="nwe")
    with pytest.raises(UsageError, match="has no column 'pth'"):
        load_dataset(root, path_column="pth")


def test_the_column_of_images_is_found_by_its_values(make_tree):
    text = "photo,taken,species\na.jpg,2020,3\n"
    content = load_dataset(make_tree("a.jpg", files={"t.csv": text}), label_column="species")
    assert rows(content) == [("a.jpg", 3)]


def test_of_two_columns_the_other_one_is_the_class(make_tree):
    content = load_dataset(make_tree("a.jpg", files={"t.csv": "photo,breed\na.jpg,3\n"}))
    assert rows(content) == [("a.jpg", 3)]
    assert codes(content) == ["column-chosen"]


def test_of_several_columns_that_could_be_the_class_the_choice_is_said(make_tree):
    content = load_dataset(make_tree("a.jpg", files={"t.csv": "path,class_name,label\na.jpg,cat,3\n"}))
    assert rows(content) == [("a.jpg", 3)]
    assert "class_name, label; label was taken" in content.findings[0].message


def test_a_table_without_header_has_an_image_in_its_first_line(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"t.csv": "a.jpg,1\nb.jpg,0\n"}))
    assert rows(content, "image_name", "dataset_class", "line") == [("a.jpg", 1, 1), ("b.jpg", 0, 2)]


def test_names_become_positions_and_decide(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"t.csv": "path,label\na.jpg,dog\nb.jpg,cat\n"}))
    assert rows(content) == [("a.jpg", 1), ("b.jpg", 0)]
    assert (content.class_names.names, content.names_decide) == (("cat", "dog"), True)


def test_names_are_looked_up_in_a_label_file(make_tree):
    files = {"t.csv": "path,label\na.jpg,Dog\nb.jpg,cat\n", "labels.txt": "dog\ncat\nbird\n"}
    content = load_dataset(make_tree("a.jpg", "b.jpg", files=files))
    assert rows(content) == [("a.jpg", 0), ("b.jpg", 1)]
    assert len(content.class_names) == 3


def test_names_that_the_given_label_file_lacks_are_errors_with_their_lines(make_tree):
    files = {"t.csv": "path,label\na.jpg,dgo\nb.jpg,cat\n", "names.txt": "dog\ncat\n"}
    root = make_tree("a.jpg", "b.jpg", files=files)
    with pytest.raises(DatasetProblemsError, match=r"t.csv:2: The class is 'dgo', which is not in names.txt"):
        load_dataset(root, labels=root / "names.txt")


def test_ids_that_pandas_wrote_as_floats_are_ids(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"t.csv": "path,label\na.jpg,3.0\nb.jpg,\n"}))
    assert rows(content) == [("a.jpg", 3), ("b.jpg", None)]
    assert content.annotated
    assert "1 of 2 images have no class" in content.findings[0].message


def test_a_table_without_classes_is_not_annotated(make_tree):
    content = load_dataset(make_tree("a.jpg", files={"t.csv": "path,width,height\na.jpg,4,4\n"}))
    assert (content.annotated, codes(content)) == (False, ["not-annotated"])


def test_a_short_record_has_no_class(make_tree):
    assert rows(load_dataset(make_tree("a.jpg", files={"t.csv": "path,label\na.jpg\n"}))) == [("a.jpg", None)]


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks_and_lines_stay_right(make_tree):
    text = 'note,path,label\n"two\nlines","a, ""b"".jpg",1\n\n"x",c.jpg,2\n,gone.jpg,3\n'
    root = make_tree('a, "b".jpg', "c.jpg", files={"t.csv": text})
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(root)
    assert [(finding.file, finding.line) for finding in caught.value.findings] == [("t.csv", 6)]
    (root / "gone.jpg").touch()
    assert rows(load_dataset(root), "image_name", "line") == [('a, "b".jpg', 2), ("c.jpg", 5), ("gone.jpg", 6)]


def test_paths_may_be_absolute_or_lead_upwards(make_tree):
    other = make_tree("pool/a.jpg", "pool/b.jpg", root="other")
    text = f"path,label\n{other}/pool/a.jpg,1\n../other/pool/b.jpg,2\nc.jpg,3\n"
    root = make_tree("c.jpg", files={"t.csv": text})
    content = load_dataset(root / "t.csv")
    assert content.root == root
    assert rows(content, "path", "dataset_class") == [
        (f"{other}/pool/a.jpg", 1),
        (f"{other}/pool/b.jpg", 2),
        ("c.jpg", 3),
    ]
    assert content.manifest["image_name"].n_unique() == 3


def test_images_may_lie_in_a_folder_that_the_table_does_not_mention(make_tree):
    root = make_tree("images/a.jpg", files={"train.csv": "id_code,diagnosis\nimages/a,2\n"})
    assert rows(load_dataset(root / "train.csv", path_column="id_code"), "path") == [("images/a.jpg",)]
    root = make_tree("images/b.jpg", files={"train.csv": "image,label\nb.jpg,2\n"})
    assert rows(load_dataset(root / "train.csv"), "path") == [("images/b.jpg",)]


def test_unlisted_images_are_a_warning_when_the_folder_was_given(make_tree):
    root = make_tree("a.jpg", "b.jpg", files={"t.csv": "path,label\na.jpg,1\n"})
    assert codes(load_dataset(root)) == ["unlisted-images"]
    assert codes(load_dataset(root / "t.csv")) == []


def test_tables_of_splits_are_chosen_from(make_tree):
    files = {"train.csv": "path,label\na.jpg,1\n", "test.csv": "path,label\nb.jpg,1\n"}
    root = make_tree("a.jpg", "b.jpg", files=files)
    assert load_dataset(root).annotation_file == "test.csv"
    assert rows(load_dataset(root, split="train")) == [("a.jpg", 1)]


def test_two_tables_ask_for_a_choice(make_tree):
    files = {"one.csv": "path,label\na.jpg,1\n", "two.csv": "path,label\na.jpg,1\n"}
    with pytest.raises(DatasetProblemsError, match=r"one\.csv, two\.csv"):
        load_dataset(make_tree("a.jpg", files=files))


def test_a_table_about_something_else_is_passed_over(make_tree):
    content = load_dataset(make_tree("cat/a.jpg", "dog/b.jpg", files={"classes.csv": "id,name\n0,cat\n1,dog\n"}))
    assert content.layout == "class_folders"


MALFORMED = {
    "missing": ("gone.jpg,1", "missing-image", "gone.jpg does not exist"),
    "too many fields": ("a.jpg,1,2", "unreadable-line", "3 fields"),
    "empty path": (",1", "unreadable-line", "path is empty"),
    "negative": ("a.jpg,-1", "negative-class", "start at 0"),
    "fraction": ("a.jpg,1.5", "unreadable-class", "not a whole number"),
    "word": ("a.jpg,cat", "unreadable-class", "others are numbers"),
    "several": ('a.jpg,"1,2"', "unreadable-class", "others are numbers"),
    "contradiction": ("ok.jpg,9", "contradicting-duplicate", "class 9 here and class 0"),
    "open quote": ('"a.jpg,1', "unreadable-line", "unexpected end of data"),
    "text after quote": ('"a.jpg"x,1', "unreadable-line", "expected after"),
    "latin-1": (b"caf\xe9.jpg,1", "unreadable-line", "not UTF-8"),
    "zero byte": ("a\0.jpg,1", "unreadable-line", "zero byte"),
    "missing absolute": ("/nowhere/a.jpg,1", "missing-image", "/nowhere/a.jpg does not exist"),
    "missing parent": ("../a.jpg,1", "missing-image", "../a.jpg does not exist"),
}


@pytest.mark.parametrize(("line", "code", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_wrong_record_is_named_with_file_and_line(make_tree, line, code, message):
    text = b"path,label\nok.jpg,0\n\nok2.jpg,1\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n"
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(make_tree("ok.jpg", "ok2.jpg", "a.jpg", files={"t.csv": text}))
    errors = [finding for finding in caught.value.findings if finding.severity == "error"]
    assert [(finding.code, finding.file, finding.line) for finding in errors] == [(code, "t.csv", 5)]
    assert message in str(errors[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no records"),
        ("\n\n", "no records"),
        ("path,label\n", "lists no images"),
        ("width,height\n3,4\n", "No column is known to hold paths; the first line has: width, height"),
        ("a.jpg,1,2\n", "Write a first line"),
        ("first.jpg,second.jpg\n", "Write a first line"),
        ("left,right\na.jpg,b.jpg\n", "Say which one with the option path_column"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(make_tree, text, message):
    root = make_tree("a.jpg", files={"t.csv": text})
    with pytest.raises(DatasetProblemsError, match=message):
        load_dataset(root / "t.csv")


def test_the_metadata_of_a_hugging_face_imagefolder_is_a_table_in_the_folder_of_its_split(make_tree):
    files = {
        f"{split}/metadata.csv": f"file_name,label\n{split}.png,cat\nmore/2.png,dog\n"
        for split in ("train", "validation")
    }
    images = [f"{split}/{name}" for split in ("train", "validation") for name in (f"{split}.png", "more/2.png")]
    content = load_dataset(make_tree(*images, files=files))
    assert (content.layout, content.split, content.annotation_file) == ("table", "val", "metadata.csv")
    assert content.manifest["image_name"].to_list() == ["validation.png", "more/2.png"]
    assert content.manifest["dataset_class"].to_list() == [0, 1]


def test_metadata_without_a_column_of_classes_leaves_them_to_folders_if_there_are_some(make_tree):
    captions = "file_name,caption\ncat/1.png,a cat\ndog/2.png,a dog that sits\n"
    folders = make_tree("cat/1.png", "dog/2.png", files={"metadata.csv": captions})
    assert load_dataset(folders).layout == "class_folders"
    assert load_dataset(folders).manifest["dataset_class"].to_list() == [0, 1]
    assert load_dataset(folders, label_column="caption").layout == "table"
    assert load_dataset(folders / "metadata.csv").layout == "table"
    (folders / "metadata.csv").rename(folders / "list.csv")
    assert load_dataset(folders).layout == "table"


def test_metadata_without_a_column_of_classes_is_a_table_where_no_folders_are_classes(make_tree):
    flat = make_tree("1.png", "2.png", files={"metadata.csv": "file_name,kind\n1.png,cat\n2.png,dog\n"})
    assert load_dataset(flat).layout == "table"


@pytest.mark.parametrize("head", ["path,label,label", "path,path,label"])
@pytest.mark.parametrize("options", [{}, {"label_column": "label", "path_column": "path"}])
def test_a_column_that_shares_its_name_is_refused(make_tree, head, options):
    root = make_tree("a.jpg", files={"list.csv": f"{head}\na.jpg,a.jpg,1\n"})
    with pytest.raises(DatasetProblemsError, match=r"list\.csv:1: 2 columns are called (label|path)") as caught:
        load_dataset(root, **options)
    assert [finding.code for finding in caught.value.findings] == ["duplicate-column"]


def test_other_columns_may_share_a_name(make_tree):
    root = make_tree("a.jpg", files={"list.csv": "path,label,note,note\na.jpg,1,x,y\n"})
    assert load_dataset(root).manifest["dataset_class"].to_list() == [1]


def test_a_table_larger_than_a_gibibyte_is_not_read_into_memory(make_tree):
    root = make_tree("a.jpg", files={"list.csv": "path,label\na.jpg,1\n"})
    os.truncate(root / "list.csv", 1 << 40)
    with pytest.raises(DatasetProblemsError, match=r"list\.csv: It has 1,099,511,627,776 bytes"):
        load_dataset(root)
