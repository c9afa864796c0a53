"""Reading files of class names."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.errors import LabelError
from accubench.labels import imagenet_class_names, read_label_file
from accubench.labels.label_files import LARGEST_BYTES

FORMS = {
    "one name per line": ("labels.txt", "cat\ndog, hound\n"),
    "no line break at the end": ("labels.txt", "cat\ndog, hound"),
    "windows": ("labels.txt", "\ufeffcat\r\ndog, hound\r\n\r\n"),
    "comments": ("labels.txt", "# pets\ncat\n# more\ndog, hound\n"),
    "synsets and names": ("synset_words.txt", "n02121808 cat\nn02084071 dog, hound\n"),
    "numbered by blanks": ("labels.txt", "0 cat\n1 dog, hound\n"),
    "numbered by colons": ("labels.txt", "0: cat\n1: dog, hound\n"),
    "numbered by commas, quoted": ("labels.txt", '0,cat\n1,"dog, hound"\n'),
    "numbered by tabs, in any order": ("labels.txt", "1\tdog, hound\n0\tcat\n"),
    "list": ("labels.json", '["cat", "dog, hound"]'),
    "names by id": ("labels.json", '{"1": "dog, hound", "0": "cat"}'),
    "ids by name": ("labels.json", '{"dog, hound": 1, "cat": 0}'),
    "synset and name by id": ("index.json", '{"0": ["n02121808", "cat"], "1": ["n02084071", "dog, hound"]}'),
    "label_map": ("dataset_meta.json", '{"label_map": {"0": "cat", "1": "dog, hound"}, "background_label": 0}'),
    "labels": ("dataset_meta.json", '{"labels": ["cat", "dog, hound"]}'),
    "id2label": ("config.json", '{"model_type": "vit", "id2label": {"0": "cat", "1": "dog, hound"}}'),
    "label2id": ("config.json", '{"label2id": {"cat": 0, "dog, hound": 1}}'),
    "Python dictionary": ("names.txt", "{0: 'cat',\n 1: 'dog, hound'}"),
    "Python list": ("names.txt", "['cat', 'dog, hound',]"),
}


@pytest.mark.parametrize(("name", "text"), FORMS.values(), ids=FORMS)
def test_every_form_gives_names_by_id(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    names = read_label_file(tmp_path / name)
    assert names.names == ("cat", "dog, hound")
    assert names.origin == name
    assert names.synsets == (("n02121808", "n02084071") if "n02121808" in text else None)


def test_synset_ids_alone_get_their_names(tmp_path):
    (tmp_path / "synsets.txt").write_text("n01443537\nn00000001\n")
    names = read_label_file(tmp_path / "synsets.txt")
    assert names.names == ("goldfish, Carassius auratus", "n00000001")
    assert names.synsets == ("n01443537", "n00000001")


@pytest.mark.parametrize("text", ["0\n1\n2\n", "3D printer\ncat\n", "7up\n8ball\n"])
def test_names_that_begin_with_digits_stay_names(tmp_path, text):
    (tmp_path / "labels.txt").write_text(text)
    assert read_label_file(tmp_path / "labels.txt").names == tuple(text.split("\n")[:-1])


MALFORMED = {
    "empty": ("l.txt", "", r"l\.txt: there are no class names"),
    "blank": ("l.txt", "\n\n", "no class names"),
    "comments only": ("l.txt", "# a\n", "no class names"),
    "empty line inside": ("l.txt", "a\n\nb\n", r"l\.txt:2: this line is empty"),
    "id twice": ("l.txt", "0 a\n1 b\n1 c\n", r"l\.txt:3: class id 1 is there twice \(first in line 2\)"),
    "gap": ("l.txt", "0 a\n2 b\n", r"l\.txt:2: there is no class 1 before class 2\. Class ids have no gaps"),
    "from one": ("l.txt", "1 a\n2 b\n", r"l\.txt:1: there is no class 0 before class 1\. Class ids start at 0"),
    "not numbered": ("l.txt", "0 a\nb\n", r"l\.txt:2: expected a class id and a name"),
    "no name": ("l.txt", "0 a\n1\n", r"l\.txt:2: expected a class id and a name"),
    "synset missing": ("l.txt", "n00000001 a\nb\n", r"l\.txt:2: expected a synset id and a name"),
    "synset twice": ("l.txt", "n00000001 a\nn00000001 b\n", r"l\.txt:2: n00000001 is in line 1 already"),
    "no synset": ("l.txt", "n00000001\ncat\n", r"l\.txt:2: expected a synset id such as"),
    "latin-1": ("l.txt", b"a\ncaf\xe9\n", r"l\.txt:2: this line is not UTF-8"),
    "zero byte": ("l.txt", b"a\n\0\n", r"l\.txt:2: there is a zero byte"),
    "broken JSON": ("l.json", '{"0": "a",\n "1" "b"}', r"l\.json:2: this is not JSON"),
    "text as JSON": ("l.json", "cat\n", r"l\.json:1: this is not JSON"),
    "neither": ("l.txt", "{0: 'a',\n 1: b c}", r"l\.txt:2: this is neither JSON nor a Python"),
    "a call": ("l.txt", "{0: print('a')}", "neither JSON nor a Python"),
    "number": ("l.json", "17", "no class names"),
    "empty list": ("l.json", "[]", "no class names"),
    "empty object": ("l.json", "{}", "no class names"),
    "key twice": ("l.json", '{"0": "a", "0": "b"}', "'0' is there twice"),
    "JSON gap": ("l.json", '{"0": "a", "2": "b"}', "there is no class 1 before class 2"),
    "JSON same id": ("l.json", '{"a": 0, "b": 0}', "class id 0 is there twice"),
    "other keys": ("l.json", '{"cat": "dog"}', "'cat' is not a class id"),
    "no text": ("l.json", '["a", null]', "the name of class 1 is null, not a text"),
    "empty name": ("l.json", '["a", " "]', "the name of class 1"),
    "nested": ("l.json", "[" * 100_000, "nested too deeply"),
    "long number": ("l.json", '{"a": ' + "9" * 5000 + "}", "too long a number"),
}


@pytest.mark.parametrize(("name", "content", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_wrong_file_is_refused_with_file_and_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LabelError, match=message):
        read_label_file(tmp_path / name)


def test_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(LabelError, match="No such file"):
        read_label_file(tmp_path / "gone.txt")
    with pytest.raises(LabelError, match="Is a directory"):
        read_label_file(tmp_path)
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(LabelError, match="too large"):
        read_label_file(tmp_path / "huge.txt")


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="#'\"[{"), min_size=1)
    .filter(str.isalpha)
    .map(lambda name: f"x{name}"),
    min_size=1,
)


@given(NAMES)
def test_what_is_written_is_read_back_in_every_form(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("labels")
    texts = {
        "plain.txt": "\n".join(names),
        "numbered.txt": "\n".join(f"{class_id} {name}" for class_id, name in enumerate(names)),
        "list.json": json.dumps(names),
        "ids.json": json.dumps(dict(enumerate(names))),
        "python.txt": repr(dict(enumerate(names))),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
        assert list(read_label_file(folder / file).names) == names


@given(st.binary(max_size=100))
def test_any_bytes_give_names_or_a_label_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("labels") / "l.txt"
    path.write_bytes(data)
    with contextlib.suppress(LabelError):
        assert all(read_label_file(path).names)


@pytest.mark.real_data
def test_the_packaged_names_are_those_of_the_label_file_everyone_uses(real_data):
    names = imagenet_class_names()
    assert names.names == read_label_file(real_data / "imagenet_2012_labels.txt").names
    with_background = read_label_file(real_data / "models" / "coral" / "imagenet_1001_labels.txt").names
    assert names.names == with_background[1:]
    assert len(set(names.synsets)) == 1000
    assert list(names.synsets) == sorted(names.synsets)
