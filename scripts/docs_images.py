"""Make the pictures of README and docs from a real run: `make docs-images`.

Runs `accubench demo` in a temporary folder, draws its output in the terminal as SVG, and photographs the HTML report
and the pages of the workbench with a browser, light and dark.
Needs the dependency group ``dev`` (playwright) and a Chromium on PATH (``apt-get install chromium``).
Times and speeds in the pictures are those of the machine that made them.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text
from workbench_images import photograph_workbench

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
COLUMNS = 118
SIZE = {"width": 1180, "height": 950}
LARGEST_BYTES = 250_000
SHOWN_FOLDER = "file:///home/you/accubench-demo/"
LEFT_OUT = ("Accuracy configuration", "In numbers")
"""Tables that would make the picture of the terminal too long."""

# As rich's own form, without the web font that it would fetch from the net.
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as scratch, browsing() as browser:
        output = run_demo(Path(scratch))
        draw_terminal(output, IMAGES / "demo.svg")
        report = Path(scratch) / "accubench-demo" / "report.html"
        for scheme in ("light", "dark"):
            save(photograph(browser, report, scheme), f"report-{scheme}")
        photograph_workbench(browser, Path(scratch), save)


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser without a window."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit(f"No browser on PATH; looked for {', '.join(BROWSERS)}.")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=list(BROWSER_ARGUMENTS))
        yield browser
        browser.close()


def run_demo(folder: Path) -> str:
    """Run the demo in `folder` and return what it prints, with the colours of a terminal."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ACCUBENCH_")},
        "FORCE_COLOR": "1",
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
    }
    done = subprocess.run(
        [sys.executable, "-m", "accubench", "demo"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout


def draw_terminal(output: str, path: Path) -> None:
    """Draw coloured output as SVG; three dots stand for tables that are left out."""
    text = Text("$ accubench demo\n", style="bold")
    text.append_text(Text.from_ansi(re.sub(r"file://\S+/accubench-demo/", SHOWN_FOLDER, output)))
    lines: list[Text] = []
    hidden = False
    for line in text.split("\n"):
        if line.plain.startswith(LEFT_OUT):
            hidden = True
            lines.append(Text("...", style="dim"))
        elif not line.plain.strip():
            hidden = False
        if not hidden:
            line.rstrip()
            lines.append(line)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    for line in lines:
        console.print(line, no_wrap=True, crop=False, highlight=False)
    path.write_text(console.export_svg(title="accubench demo", code_format=SVG, unique_id="demo"), encoding="utf-8")


def photograph(browser: Any, report: Path, scheme: Any) -> bytes:
    """Photograph the top of the report as a reader first sees it."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme, device_scale_factor=1.5)
    page.goto(report.as_uri())
    page.wait_for_timeout(500)
    pixels: bytes = page.screenshot()
    page.close()
    return pixels


def save(pixels: bytes, name: str) -> None:
    """Keep a photograph in the documentation, small enough for a repository."""
    path = IMAGES / f"{name}.webp"
    Image.open(io.BytesIO(pixels)).convert("RGB").save(path, quality=82, method=6)
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; at most {LARGEST_BYTES} are wanted.")


if __name__ == "__main__":
    main()
