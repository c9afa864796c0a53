import os
import time

import pytest

from accubench.storage.cache import CacheFolder


@pytest.fixture
def cache(tmp_path):
    return CacheFolder(tmp_path / "cache", limit_bytes=1000)


def only_file(tmp_path):
    (path,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    return path


def test_a_value_comes_back_as_it_was_kept(cache):
    cache.put("abcdef", b"value")

    assert cache.get("abcdef") == b"value"
    assert cache.get("abcdee") is None


@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty", "lengthened"])
def test_a_damaged_value_counts_as_absent_and_can_be_kept_anew(cache, tmp_path, damage):
    cache.put("abcdef", bytes(range(200)))
    path = only_file(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[100] ^= 1
    damaged = {"flipped": content, "truncated": content[:50], "empty": b"", "lengthened": content + b"x"}[damage]
    path.write_bytes(bytes(damaged))

    assert cache.get("abcdef") is None
    cache.put("abcdef", b"anew")
    assert cache.get("abcdef") == b"anew"


def test_what_was_used_longest_ago_is_deleted_first(cache, tmp_path):
    for number, key in enumerate(["aaa", "bbb", "ccc"]):
        cache.put(key, bytes(400))
        (path,) = (tmp_path / "cache").rglob(key)
        os.utime(path, (number, number))
    assert cache.get("aaa") is not None
    assert time.time() - (tmp_path / "cache" / "aa" / "aaa").stat().st_mtime < 3600

    cache.prune()

    assert [cache.get(key) is None for key in ("aaa", "bbb", "ccc")] == [False, True, False]


def test_a_folder_that_cannot_be_written_only_means_more_work(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    cache = CacheFolder(tmp_path / "cache", limit_bytes=1000)

    cache.put("abcdef", b"value")
    cache.prune()

    assert cache.get("abcdef") is None
