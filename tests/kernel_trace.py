"""What a process asks the kernel for, by strace: sockets of any network, and writing below the home folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["assert_silent", "traced"]

_CALLS = "trace=network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
_SOCKETS = re.compile(r"\b(socket|connect|sendto|bind|listen)\(")
_LOCAL = re.compile(r"AF_UNIX|AF_NETLINK|\b(sendto|connect)\(\d+, NULL")
_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|\b(creat|mkdir|mkdirat|rename\w*)\(")


def traced(trace: Path) -> list[str]:
    """What to put before a command so that its calls are written down; skips where that cannot be."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace processes here")
    return ["strace", "-f", "-qq", "-o", str(trace), "-e", _CALLS]


def assert_silent(trace: Path, home: Path) -> None:
    """No socket but those within the machine, and nothing written below the home folder."""
    lines = trace.read_text(errors="replace").splitlines()
    assert any("execve" in line or "openat" in line for line in lines)
    assert [line for line in lines if _SOCKETS.search(line) and not _LOCAL.search(line)] == []
    assert [line for line in lines if str(home) in line and _WRITING.search(line)] == []
    assert list(home.rglob("*")) == []
