"""``accubench demo``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from accubench.cli.options import DebugOption
from accubench.cli.session import clear_errors, open_workspace

__all__ = ["demo"]

_BASELINE_S = 1.5
_CALIBRATION_IMAGES = 60
_ROUNDS, _ROUND_S = 3, 0.3


def demo(
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", help="Where the workspace and the report go.")
    ] = Path("accubench-demo"),
    debug: DebugOption = False,
) -> None:
    """Run the whole story on a sample model and images that ship with AccuBench."""
    with clear_errors(debug=debug):
        from accubench.cli.pair_rendering import show_comparison
        from accubench.cli.quantize import show_quantized
        from accubench.cli.rendering import make_console, show_benchmark, show_report
        from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path

        console = make_console()
        with open_workspace(folder, None) as opened:
            model = opened.import_model(sample_path(SAMPLE_MODEL), name="sample")
            description = model.description
            console.print(
                f"Model: {model.name}, {description.format}, {description.parameters} parameters, "
                f"{description.class_count} classes."
            )
            dataset = opened.import_dataset(sample_path(SAMPLE_DATASET), name="drawings")
            console.print(f"Dataset: {dataset.name}, {dataset.n_images} images, {len(dataset.class_ids)} classes.")
            console.print()
            show_benchmark(opened.benchmark(model, seconds=_BASELINE_S, baseline=True), model.name)
            report = opened.evaluate(model, dataset)
            show_report(report)
            written = [report.export(folder / "report.html")]
            console.print()
            optimised = opened.quantize(model, dataset, subset_size=_CALIBRATION_IMAGES)
            show_quantized(optimised, model)
            comparison = opened.compare(optimised, model, dataset, speed_rounds=_ROUNDS, speed_seconds=_ROUND_S)
            show_comparison(comparison)
            written.append(comparison.export(folder / "comparison.html"))
        here = shlex.quote(str(folder))
        console.print("\nOpen the reports in a browser:")
        for path in written:
            console.print(f"  {path.resolve().as_uri()}", soft_wrap=True)
        console.print("What to type next:")
        for command in (
            f"accubench serve --workspace {here}",
            f"accubench evaluate sample drawings --workspace {here} --export images.csv",
            f"accubench reports show latest --flips --workspace {here}",
            "accubench evaluate your-model.onnx your-images/",
        ):
            console.print(f"  {command}")
