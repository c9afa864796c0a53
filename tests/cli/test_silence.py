"""Nothing is sent anywhere and nothing is written below the home folder, outside of pytest's own environment.

Dependencies switch their telemetry off when they find themselves in a test or on a build server, so the processes here
run with `CI` and the variables of pytest unset, and with an empty home folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kernel_trace import assert_silent, traced

TINY = Path(__file__).parents[1] / "models" / "fixtures" / "tiny_uint8.tflite"

AUDITED = """
import json, os, sys
from pathlib import Path
home, log, code = sys.argv[1:]
seen = []

def audit(event, arguments):
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}:
        seen.append([event, repr(arguments[1:])])
    elif event == "socket.__new__" and arguments[1] != 1:  # 1 is AF_UNIX
        seen.append([event, repr(arguments[1:])])
    elif event == "open" and isinstance(arguments[0], str) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        if os.path.abspath(arguments[0]).startswith(home):
            seen.append([event, arguments[0]])
    elif event in {"os.mkdir", "os.rename"} and os.path.abspath(os.fsdecode(arguments[0])).startswith(home):
        seen.append([event, arguments[0]])

sys.addaudithook(audit)
try:
    exec(code)
except SystemExit as error:
    assert not error.code, error.code
finally:
    Path(log).write_text(json.dumps(seen))
"""
ACTIONS = {
    "import": "import accubench",
    "evaluate": "import accubench; accubench.evaluate(MODEL, DATASET, workspace='workspace').export('report.html')",
    "check": """
import accubench, pathlib, shutil
images = pathlib.Path("images")
images.mkdir()
for image in pathlib.Path(DATASET).rglob("*.png"):
    shutil.copy(image, images)
check = accubench.Workspace("workspace").check(TINY, images)
assert check.steps[0].title.startswith("LiteRT"), check.steps[0].title
""",
    "quantize": """
import accubench, numpy, pathlib
from accubench.models import load_model
from accubench.optimization import quantize_network
from accubench.records.quantization import QuantizationSettings
assert not {"CI", "NNCF_CI", "PYTEST_VERSION"} & set(__import__("os").environ)
images = [numpy.full((1, 3, 8, 8), value / 9, numpy.float32) for value in range(10)]
quantize_network(
    load_model(pathlib.Path(MODEL)).model, images,
    settings=QuantizationSettings(), listen=lambda *told: None, cancelled=lambda: False,
)
import nncf.telemetry  # as whoever imports NNCF after us finds it
nncf.telemetry.telemetry.start_session("nncf_ov")
nncf.telemetry.telemetry.send_event("nncf_ov", "action", "label")
""",
    "demo": "sys.argv = ['accubench', 'demo', '--folder', 'demo']\nfrom accubench.cli.app import run\nrun()",
}


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    return place


@pytest.fixture(params=sorted(ACTIONS))
def action(request, colour_model, colour_dataset):
    code = ACTIONS[request.param]
    given = {"MODEL": colour_model, "DATASET": colour_dataset, "TINY": TINY}
    for word, path in given.items():
        code = code.replace(word, repr(str(path)))
    return code


def run(command, home, cwd):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_no_address_is_asked_for_and_nothing_is_written_below_home(tmp_path, home, action):
    run([sys.executable, "-c", AUDITED, str(home), str(tmp_path / "log.json"), action], home, tmp_path)

    assert json.loads((tmp_path / "log.json").read_text()) == []
    assert list(home.rglob("*")) == []


@pytest.mark.slow
def test_the_kernel_sees_no_socket_and_no_writing_below_home_either(tmp_path, home, action):
    trace = tmp_path / "trace"

    run([*traced(trace), sys.executable, "-c", f"import sys\n{action}"], home, tmp_path)

    assert_silent(trace, home)


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'numpy', 'polars', 'openvino', 'cv2', 'pydantic', 'sqlalchemy', 'pyarrow', 'PIL', 'plotly', 'typer'}"
    code = f"import sys, accubench\nprint(sorted({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
