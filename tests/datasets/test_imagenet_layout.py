"""Images beside a list in ImageNet's style."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accubench.datasets import first_lines, load_dataset, read_image
from accubench.errors import DatasetProblemsError, LabelError, UsageError
from accubench.labels import imagenet_class_names
from accubench.records.dataset import MANIFEST_COLUMNS
from accubench.records.locator import Locator


def rows(content, *columns):
    return content.manifest.select(columns or ("image_name", "dataset_class")).rows()


def codes(content_or_error):
    return [finding.code for finding in content_or_error.findings]


def problems(root, **options):
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(root, **options)
    return caught.value


def test_images_in_the_root_keep_the_order_of_the_list(make_tree):
    root = make_tree("a.jpg", "b.PNG", files={"val.txt": "b.PNG 1\na.jpg 0\n"})
    content = load_dataset(root)
    assert (content.layout, content.annotation_file, content.split, content.annotated) == (
        "imagenet", "val.txt", "val", True,
    )  # fmt: skip
    assert content.manifest.columns == list(MANIFEST_COLUMNS)
    assert rows(content, "image_name", "path", "dataset_class", "size_bytes", "line") == [
        ("b.PNG", "b.PNG", 1, 7, 1),
        ("a.jpg", "a.jpg", 0, 7, 2),
    ]
    assert content.findings == ()
    assert not content.names_decide


def test_images_in_one_sub_folder_keep_the_name_that_the_list_gives(make_tree):
    root = make_tree("images/a.jpg", files={"val.txt": "a.jpg 3"})
    assert rows(load_dataset(root), "image_name", "path", "dataset_class") == [("a.jpg", "images/a.jpg", 3)]


def test_images_in_nested_sub_folders_are_found(make_tree):
    root = make_tree("x/y/a.jpg", "x/z/b.jpg", files={"list.txt": "a.jpg 0\nz/b.jpg 1"})
    assert rows(load_dataset(root), "path", "dataset_class") == [("x/y/a.jpg", 0), ("x/z/b.jpg", 1)]


@pytest.mark.parametrize("name", ["x/a.jpg", "./x/a.jpg", "x//a.jpg", "x/../x/a.jpg"])
def test_paths_in_the_list_are_paths_below_the_root(make_tree, name):
    root = make_tree("x/a.jpg", "y/a.jpg", files={"val.txt": f"{name} 4"})
    content = load_dataset(root)
    assert rows(content, "image_name", "path", "dataset_class") == [("x/a.jpg", "x/a.jpg", 4)]
    assert codes(content) == ["unlisted-images"]


def test_an_absolute_path_below_the_root_is_taken_relative(make_tree):
    root = make_tree("x/a.jpg")
    (root / "val.txt").write_text(f"{root}/x/a.jpg 1\n")
    assert rows(load_dataset(root), "image_name", "path") == [("x/a.jpg", "x/a.jpg")]


def test_separators_comments_blank_lines_byte_order_mark_and_crlf(make_tree):
    text = "\ufeff# list\r\n\r\na.jpg\t0\r\nb.jpg   1\r\n  c.jpg \t 2  \r\nwith blanks.jpg\t3\r\nmore blanks.jpg 4\r\n"
    images = ["a.jpg", "b.jpg", "c.jpg", "with blanks.jpg", "more blanks.jpg"]
    content = load_dataset(make_tree(*images, files={"val.txt": text}))
    assert rows(content, "image_name", "dataset_class", "line") == [
        (name, class_id, class_id + 3) for class_id, name in enumerate(images)
    ]


def test_utf16_as_windows_writes_it_is_read(make_tree):
    root = make_tree("ä.jpg", files={"val.txt": "ä.jpg 3\r\n".encode("utf-16")})
    assert rows(load_dataset(root)) == [("ä.jpg", 3)]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.jpg", 'it\'s "quoted".jpg', "日本.jpg", "a\u2028b.jpg"])
def test_hostile_and_foreign_names_are_only_names(make_tree, name):
    name = name.replace("/", "_")
    root = make_tree(name, files={"val.txt": f"{name}\t3"})
    assert rows(load_dataset(root)) == [(name, 3)]


def test_accents_may_be_decomposed_on_disk_and_composed_in_the_list(make_tree):
    root = make_tree("e\u0301.jpg", files={"val.txt": "\u00e9.jpg 1"})
    assert rows(load_dataset(root), "image_name", "path") == [("\u00e9.jpg", "e\u0301.jpg")]


def test_a_list_without_suffixes_is_completed(make_tree):
    root = make_tree("images/ILSVRC2012_val_00000001.JPEG", files={"val.txt": "ILSVRC2012_val_00000001 65"})
    assert rows(load_dataset(root), "path", "dataset_class") == [("images/ILSVRC2012_val_00000001.JPEG", 65)]


def test_a_listed_file_of_unknown_suffix_is_accepted(make_tree):
    root = make_tree("a.img", "raw", ".hidden.jpg", files={"val.txt": "a.img 0\nraw 1\n.hidden.jpg 2"})
    assert rows(load_dataset(root)) == [("a.img", 0), ("raw", 1), (".hidden.jpg", 2)]


@pytest.mark.parametrize("label_file", ["synset_words.txt", "labels.txt", "classes.txt", "my_labels_v2.txt"])
def test_a_label_file_gives_names_and_is_not_taken_for_annotations(make_tree, label_file):
    text = "cat\ndog\n" if "synset" not in label_file else "n02121808 cat\nn02084071 dog\n"
    content = load_dataset(make_tree("a.jpg", files={"list.txt": "a.jpg 1", label_file: text}))
    assert content.annotation_file == "list.txt"
    assert content.class_names is not None
    assert (content.class_names.names, content.class_names.origin) == (("cat", "dog"), label_file)
    assert not content.names_decide


def test_dataset_meta_of_accuracy_checker_gives_names(make_tree):
    files = {"val.txt": "a.jpg 1", "dataset_meta.json": '{"label_map": {"0": "cat", "1": "dog"}}'}
    assert load_dataset(make_tree("a.jpg", files=files)).class_names.name(1) == "dog"


def test_a_list_of_images_called_labels_is_the_annotation_file(make_tree):
    content = load_dataset(make_tree("a.jpg", files={"val_labels.txt": "a.jpg 1\n"}))
    assert (content.layout, content.annotation_file) == ("imagenet", "val_labels.txt")


def test_labels_may_be_names_of_the_label_file(make_tree):
    files = {
        "val.txt": "a.jpg great white shark\nb.jpg\tTench",
        "labels.txt": "tench, Tinca tinca\ngreat white shark\n",
    }
    content = load_dataset(make_tree("a.jpg", "b.jpg", files=files))
    assert rows(content) == [("a.jpg", 1), ("b.jpg", 0)]
    assert content.names_decide


def test_labels_may_be_names_without_a_label_file(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"val.txt": "a.jpg dog\nb.jpg cat"}))
    assert rows(content) == [("a.jpg", 1), ("b.jpg", 0)]
    assert (content.class_names.names, content.names_decide) == (("cat", "dog"), True)


def test_labels_may_be_synset_ids(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"val.txt": "a.jpg n01443537\nb.jpg n01440764"}))
    assert rows(content) == [("a.jpg", 1), ("b.jpg", 0)]
    assert content.class_names.synsets == ("n01440764", "n01443537")
    assert content.class_names.name(0) == "tench, Tinca tinca"


def test_names_that_do_not_reach_the_ids_are_not_used_and_say_how_ids_may_start_at_one(make_tree):
    content = load_dataset(make_tree("a.jpg", "b.jpg", files={"val.txt": "a.jpg 1\nb.jpg 2", "labels.txt": "cat\ndog"}))
    assert content.class_names is None
    assert codes(content) == ["names-do-not-fit"]
    assert "offset: -1" in str(content.findings[0])


def test_a_broken_label_file_that_nobody_asked_for_is_a_warning(make_tree):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 1", "labels.txt": "0 cat\n0 dog\n"})
    content = load_dataset(root)
    assert codes(content) == ["label-file-not-used"]
    with pytest.raises(LabelError, match=r"labels\.txt:2"):
        load_dataset(root, labels=Path("labels.txt"))


def test_several_candidates_ask_for_a_choice(make_tree):
    root = make_tree("a.jpg", files={"one.txt": "a.jpg 0", "two.txt": "a.jpg 1"})
    error = problems(root)
    assert "one.txt, two.txt" in str(error)
    assert "annotations" in str(error)
    assert rows(load_dataset(root, annotations=Path("two.txt"))) == [("a.jpg", 1)]
    assert rows(load_dataset(root, annotations=root / "one.txt")) == [("a.jpg", 0)]
    assert rows(load_dataset(root / "two.txt")) == [("a.jpg", 1)]


def test_lists_named_after_splits_are_chosen_from_like_folders(make_tree):
    files = {"train.txt": "train/a.jpg 0", "val.txt": "val/b.jpg 1"}
    root = make_tree("train/a.jpg", "train/unlisted.jpg", "val/b.jpg", files=files)
    content = load_dataset(root)
    assert (content.split, content.annotation_file, rows(content)) == ("val", "val.txt", [("val/b.jpg", 1)])
    assert codes(content) == ["split-chosen"]
    assert load_dataset(root, split="train").annotation_file == "train.txt"


def test_a_split_without_a_list_is_looked_for_in_folders(make_tree):
    root = make_tree("train/cat/a.jpg", "train/dog/b.jpg", "val/c.jpg", files={"val.txt": "val/c.jpg 1"})
    content = load_dataset(root, split="train")
    assert (content.layout, content.split) == ("class_folders", "train")
    with pytest.raises(UsageError, match="no split 'test'"):
        load_dataset(root, split="test")


def test_unlisted_images_are_one_warning_with_the_count(make_tree):
    root = make_tree("a.jpg", *(f"more/{n}.jpg" for n in range(5)), files={"val.txt": "a.jpg 0"})
    content = load_dataset(root)
    assert len(content.manifest) == 1
    assert codes(content) == ["unlisted-images"]
    assert "5 images" in content.findings[0].message
    assert "more/0.jpg, more/1.jpg, more/2.jpg, ..." in content.findings[0].message


def test_the_same_image_twice_with_one_class_is_counted_once(make_tree):
    content = load_dataset(make_tree("x/a.jpg", files={"val.txt": "a.jpg 1\nx/a.jpg 1\n"}))
    assert rows(content) == [("a.jpg", 1)]
    assert str(content.findings[0]) == "val.txt:2: x/a.jpg was listed in line 1 already; it is counted once."


def test_many_duplicates_do_not_become_many_warnings(make_tree):
    content = load_dataset(make_tree("a.jpg", files={"val.txt": "a.jpg 1\n" * 1000}))
    assert len(content.findings) == 21
    assert "979 more" in content.findings[-1].message


MALFORMED = {
    "missing": ("gone.jpg 0", "missing-image", "gone.jpg does not exist"),
    "wrong case": ("A.JPG 0", "missing-image", "There is a.jpg, though"),
    "wrong suffix": ("a.png 0", "missing-image", "There is a.jpg, though"),
    "no class": ("b.jpg", "no-class", "has no class"),
    "comma": ("a.jpg,3", "no-class", "ends in .csv"),
    "only a number": ("17", "no-class", "has no class"),
    "negative": ("a.jpg -1", "negative-class", "start at 0"),
    "float": ("a.jpg 0.5", "unreadable-class", "not a whole number"),
    "exponent": ("a.jpg 1e3", "unreadable-class", "not a whole number"),
    "plus": ("a.jpg +3", "unreadable-class", "not a whole number"),
    "nan": ("a.jpg nan", "unreadable-class", "not a whole number"),
    "word among numbers": ("a.jpg cat", "unreadable-class", "the others are numbers"),
    "hexadecimal": ("a.jpg 0x1F", "unreadable-class", "the others are numbers"),
    "foreign digits": ("a.jpg ٣", "unreadable-class", "the others are numbers"),
    "too large": ("a.jpg 99999999999999999999", "unreadable-class", "not a whole number"),
    "two classes": ("a.jpg 1 2", "several-classes", "multi-label"),
    "three classes, tabs": ("a.jpg\t1\t2\t3", "several-classes", "multi-label"),
    "classes by comma": ("a.jpg 1,2", "several-classes", "multi-label"),
    "classes in brackets": ("a.jpg [1, 2]", "several-classes", "multi-label"),
    "classes, unknown suffix": ("a.img 1 2", "several-classes", "multi-label"),
    "columns": ("a.jpg\tn03444034\t0\t32\t44\t62", "several-classes", ".csv or .tsv"),
    "class first": ("3 a.jpg", "unreadable-line", "a.jpg"),
    "two images": ("a.jpg ok.jpg", "unreadable-line", "no class at its end"),
    "something after": ("a.jpg 3 cat", "unreadable-line", "follows the class"),
    "parent": ("../a.jpg 0", "outside-root", "leads out of"),
    "parent, hidden": ("x/../../a.jpg 0", "outside-root", "leads out of"),
    "absolute": ("/etc/passwd 0", "outside-root", "CSV table"),
    "a folder": ("folder 0", "missing-image", "is not a file"),
    "the root": (". 0", "unreadable-line", "names no image"),
    "contradiction": ("ok.jpg 7", "contradicting-duplicate", "class 7 here and class 0 in line 1"),
    "zero byte": ("a\0.jpg 0", "unreadable-line", "zero byte"),
    "latin-1": (b"caf\xe9.jpg 0", "unreadable-line", "not UTF-8"),
    "too long": ("x" * 5000 + ".jpg 0", "missing-image", "does not exist"),
}


@pytest.mark.parametrize(("line", "code", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_wrong_line_is_named_with_file_and_line(make_tree, line, code, message):
    text = b"ok.jpg 0\n\nok2.jpg 5\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n"
    root = make_tree("ok.jpg", "ok2.jpg", "a.jpg", "folder/inside.jpg", files={"val.txt": text})
    error = problems(root)
    assert [finding.code for finding in error.findings if finding.severity == "error"] == [code]
    assert (error.findings[0].file, error.findings[0].line) == ("val.txt", 4)
    assert message in str(error.findings[0])
    assert "val.txt:4: " in str(error)


def test_all_problems_are_told_together_in_the_order_of_the_lines(make_tree):
    text = "gone.jpg 0\na.jpg\na.jpg -1\na.jpg 1 2\n../a.jpg 1\n"
    error = problems(make_tree("a.jpg", "b.jpg", files={"val.txt": text}))
    assert [(finding.line, finding.code) for finding in error.findings] == [
        (1, "missing-image"),
        (2, "no-class"),
        (3, "negative-class"),
        (4, "several-classes"),
        (5, "outside-root"),
        (None, "unlisted-images"),
    ]
    assert "5 problems" in str(error)


def test_an_image_that_could_be_two_files_is_an_error(make_tree):
    error = problems(make_tree("x/a.jpg", "y/a.jpg", files={"val.txt": "a.jpg 0"}))
    assert str(error.findings[0]) == (
        "val.txt:1: a.jpg could be any of 2 files: x/a.jpg, y/a.jpg. List the path below the dataset's folder."
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_an_empty_list_is_an_error_and_not_a_folder_without_annotations(make_tree, text):
    error = problems(make_tree("a.jpg", files={"val.txt": text}))
    assert codes(error)[0] == "no-images"


def test_a_list_in_a_sub_folder_may_start_from_there(make_tree):
    root = make_tree("images/a.jpg", files={"lists/mine.txt": "../images/a.jpg 2"})
    assert rows(load_dataset(root, annotations=Path("lists/mine.txt")), "path") == [("images/a.jpg",)]


def test_links_to_files_and_folders_elsewhere_are_followed(make_tree, tmp_path):
    other = make_tree("pool/a.jpg", "b.jpg", root="other")
    root = make_tree(files={"val.txt": "a.jpg 0\nlink.jpg 1"})
    (root / "linked").symlink_to(other / "pool")
    (root / "link.jpg").symlink_to(other / "b.jpg")
    content = load_dataset(root)
    assert rows(content, "path") == [("linked/a.jpg",), ("link.jpg",)]
    assert read_image(root, Locator("link.jpg")) == b"\xff\xd8image"


def test_a_broken_link_is_told_apart_from_a_missing_image(make_tree):
    root = make_tree(files={"val.txt": "a.jpg 0"})
    (root / "a.jpg").symlink_to(root / "nowhere.jpg")
    assert "leads nowhere" in str(problems(root))


def test_cyclic_links_do_not_hang(make_tree):
    root = make_tree("x/a.jpg", files={"val.txt": "a.jpg 0"})
    (root / "x" / "up").symlink_to(root)
    (root / "x" / "self").symlink_to(root / "x")
    content = load_dataset(root)
    assert rows(content, "path") == [("x/a.jpg",)]
    assert codes(content) == ["link-not-followed"] * 2


def test_many_folders_that_link_to_each_other_do_not_hang(make_tree):
    root = make_tree(*(f"d{n}/{n}.jpg" for n in range(12)), files={"val.txt": "d0/0.jpg 0"})
    for here in range(12):
        for there in range(12):
            (root / f"d{here}" / f"to{there}").symlink_to(root / f"d{there}")
    assert rows(load_dataset(root), "path") == [("d0/0.jpg",)]


def test_a_named_pipe_is_no_image_and_does_not_hang(make_tree):
    root = make_tree(files={"val.txt": "a.jpg 0"})
    os.mkfifo(root / "a.jpg")
    assert "is not a file" in str(problems(root))


def test_an_undecodable_name_that_is_not_listed_is_a_warning(make_tree):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 0"})
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.jpg")).write_bytes(b"x")
    content = load_dataset(root)
    assert codes(content) == ["undecodable-name"]
    assert "caf\\udce9.jpg" in str(content.findings[0])


def test_what_operating_systems_leave_behind_is_ignored(make_tree):
    clutter = ["__MACOSX/._a.jpg", ".DS_Store", "Thumbs.db", "._a.jpg", ".git/b.jpg", ".val.txt"]
    root = make_tree("a.jpg", *clutter, files={"val.txt": "a.jpg 0"})
    assert load_dataset(root).findings == ()


def test_the_first_line_of_each_class_is_known(make_tree):
    text = "a.jpg 5\n# comment\nb.jpg 3\nc.jpg 5\n"
    content = load_dataset(make_tree("a.jpg", "b.jpg", "c.jpg", files={"val.txt": text}))
    assert first_lines(content.manifest) == {3: 3, 5: 1}


def test_one_annotation_file_per_image_is_no_list(make_tree):
    files = {"a.txt": "0 0.5 0.5 0.1 0.1", "b.txt": "a.jpg 0"}
    assert load_dataset(make_tree("a.jpg", "b.jpg", files=files)).layout == "images"


@pytest.mark.real_data
def test_the_sample_of_imagenet_loads_and_its_names_agree_with_our_synsets(real_data):
    content = load_dataset(real_data / "imagenet-500")
    assert (len(content.manifest), content.annotation_file, content.findings) == (500, "val.txt", ())
    first = content.manifest.row(0, named=True)
    assert (first["image_name"], first["path"]) == ("n01440764_tench.JPEG", "images/n01440764_tench.JPEG")
    synsets = imagenet_class_names().synsets
    assert [synsets[class_id] for class_id in content.manifest["dataset_class"]] == [
        name[:9] for name in content.manifest["image_name"]
    ]
    assert content.manifest["dataset_class"].to_list() == list(range(0, 1000, 2))
    assert len(read_image(content.root, Locator(first["path"]))) == first["size_bytes"]
