import subprocess
import sys

import pytest

from accubench.storage.locks import hold_lock

HOLDER = """
import sys, time
from pathlib import Path
from accubench.storage.locks import hold_lock
with hold_lock(Path(sys.argv[1]), "target", waiting=lambda: None):
    print("held", flush=True)
    time.sleep(60)
"""


class GaveUpError(Exception):
    pass


def give_up():
    raise GaveUpError


def test_a_lock_is_held_between_processes_and_freed_when_its_holder_is_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(GaveUpError), hold_lock(tmp_path, "target", waiting=give_up):
            pass
        holder.kill()

    with hold_lock(tmp_path, "target", waiting=give_up):
        pass


def test_different_names_do_not_hinder_each_other(tmp_path):
    with hold_lock(tmp_path, "a", waiting=give_up), hold_lock(tmp_path, "b", waiting=give_up):
        assert len(list(tmp_path.glob("*.lock"))) == 2
