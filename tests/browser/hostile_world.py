"""A workspace in which every name that a stranger chooses is an attack, and the address of every page about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from running_server import eventually

from accubench import Workspace
from small_world import pixels_of, write_model

# Each would change the title of the page if it ran; a file name cannot hold a slash.
HOSTILE = "<img src=x onerror=document.title='taken'>"
HOSTILE_TAG = "</span><script>document.title='taken'</script>"
_SKEWED_CK = np.array([[4.0, 2.5, 0.0], [0.0, 4.0, 0.5], [1.5, 0.0, 3.0]])
"""Weights of an optimised model that flips some classes."""
HOSTILE_CLASSES = (
    f"red {HOSTILE}",
    "green & \"quoted\" {{7*191}} 'x'",
    "</title><script>document.title='taken'</script>",
)


@dataclass(frozen=True, slots=True)
class World:
    """Ids of what `world` holds."""

    model_id: str
    dataset_id: str
    project_id: str
    report_id: str
    comparison_id: str
    distance_id: str
    quantized_id: str
    """A model that was optimised from the first one here, towards a goal."""
    child_id: str
    """Project of that model."""
    job_id: str
    image_position: int
    """Row of the image with the hostile name."""

    def addresses(self) -> dict[str, str]:
        """Every kind of page by what it is, as path and query."""
        report = f"/reports/{self.report_id}"
        comparison, distance = f"/reports/{self.comparison_id}", f"/reports/{self.distance_id}"
        return {
            "start": "/",
            "models": "/models",
            "model": f"/models/{self.model_id}",
            "delete model": f"/models/{self.model_id}/delete",
            "datasets": "/datasets",
            "dataset": f"/datasets/{self.dataset_id}",
            "projects": "/projects",
            "create project": "/projects/new",
            "project accuracy": f"/projects/{self.project_id}?tab=analyze&view=accuracy",
            "project performance": f"/projects/{self.project_id}?tab=analyze&view=performance",
            "project perform": f"/projects/{self.project_id}?tab=perform",
            "project details": f"/projects/{self.project_id}?tab=details",
            "classes matched": f"/projects/{self.project_id}/classes",
            "create report": f"/projects/{self.project_id}/reports/new",
            "create comparison": f"/projects/{self.project_id}/reports/new?type=comparison",
            "create distance": f"/projects/{self.project_id}/reports/new?type=distance",
            "optimize": f"/projects/{self.project_id}/optimize",
            "optimize refused": f"/projects/{self.child_id}/optimize",
            "optimised model": f"/models/{self.quantized_id}",
            "child project": f"/projects/{self.child_id}?tab=analyze&view=accuracy",
            "child perform": f"/projects/{self.child_id}?tab=perform",
            "compare child": f"/projects/{self.child_id}/reports/new?type=comparison",
            "report images": f"{report}?view=images",
            "report grid": f"{report}?view=images&layout=grid",
            "report filtered": f"{report}?view=images&erroneous=1&filter=predicted_confidence%3C0.99&sort=image_name",
            "report nothing found": f"{report}?view=images&filter=predicted_confidence%3C0",
            "report classes": f"{report}?view=classes",
            "report confusion": f"{report}?view=confusion",
            "report calibration": f"{report}?view=calibration",
            "report failed": f"{report}?view=failed",
            "report details": f"{report}?view=details",
            "comparison images": comparison,
            "comparison flips": f"{comparison}?filter=agreed%3Dfalse&layout=grid",
            "comparison classes": f"{comparison}?view=classes",
            "comparison calibration": f"{comparison}?view=calibration",
            "comparison speed": f"{comparison}?view=speed",
            "comparison failed": f"{comparison}?view=failed",
            "comparison details": f"{comparison}?view=details",
            "comparison history": f"{comparison}?view=history",
            "comparison broken": f"{comparison}?filter=flip%3Dbroken&sort=optimised_confidence&descending=1",
            "comparison nothing found": f"{comparison}?filter=optimised_confidence%3C0",
            "comparison visualize": f"{comparison}/images/{self.image_position}",
            "comparison visualize failed": f"{comparison}/images/4",
            "distance images": distance,
            "distance grid": f"{distance}?layout=grid",
            "distance outputs": f"{distance}?view=outputs",
            "distance failed": f"{distance}?view=failed",
            "distance details": f"{distance}?view=details",
            "distance history": f"{distance}?view=history",
            "distance visualize": f"{distance}/images/{self.image_position}",
            "distance visualize failed": f"{distance}/images/4",
            "visualize": f"{report}/images/{self.image_position}",
            "visualize failed": f"{report}/images/4",
            "jobs": "/jobs",
            "job": f"/jobs/{self.job_id}",
            "settings": "/settings",
            "nothing there": "/models/m-00000000-0000",
        }


def make_world(folder: Path, scratch: Path) -> World:
    """Fill the workspace of a running server: models, a dataset, projects, reports with two failed images, tags."""
    metadata = {
        "labels": json.dumps(HOSTILE_CLASSES),
        "color": "RGB",
        "mean": "[0, 0, 0]",
        "scale": "[255, 255, 255]",
        "resize_mode": "stretch",
        "resize_size": "8",
        "resize_library": "opencv",
        "interpolation": "area",
    }
    images = write_hostile_dataset(scratch / "images")
    with Workspace(folder) as workspace:
        model = workspace.import_model(write_model(scratch / "model.onnx", metadata=metadata), name=HOSTILE)
        dataset = workspace.import_dataset(images, name=f"images {HOSTILE}")
        workspace.check_dataset(dataset)
        job = workspace.background.create_project(model.id, dataset.id)
        eventually(lambda: workspace.jobs.job(job.id).ended, seconds=60, what="the baseline inference to end")
        assert workspace.jobs.job(job.id).state == "succeeded", workspace.jobs.log(job.id)
        report = workspace.evaluate(model, dataset)
        report.tag(report.images["image_name"].head(3).to_list(), HOSTILE_TAG)
        optimised = workspace.import_model(
            write_model(scratch / "optimised.onnx", metadata=metadata, weights_ck=_SKEWED_CK),
            name=f"optimised {HOSTILE}",
        )
        comparison = workspace.compare(optimised, model, dataset, speed_rounds=2, speed_seconds=0.05)
        distance = workspace.distance(optimised, model, dataset)
        quantized = workspace.quantize(
            model, dataset, subset_size=20, max_drop=0.01, ignored_layers=["pool"], name=f"quantised {HOSTILE}"
        )
        child = workspace.compare(quantized, model, dataset, speed_rounds=1, speed_seconds=0.05)
        position = report.images["image_name"].to_list().index(f"0 {HOSTILE}.png")
        return World(
            model_id=model.id,
            dataset_id=dataset.id,
            project_id=report.record.project_id,
            report_id=report.id,
            comparison_id=comparison.id,
            distance_id=distance.id,
            quantized_id=quantized.id,
            child_id=child.record.project_id,
            job_id=job.id,
            image_position=position,
        )


def write_hostile_dataset(folder: Path, n: int = 66) -> Path:
    """Write images of three colours: every third has a hostile name, every seventh a wrong class, two no pixels."""
    folder.mkdir()
    lines: list[str] = []
    for row in range(n):
        name = f"{row} {HOSTILE}.png" if row % 3 == 0 else f"image_{row:05d}.png"
        path = folder / name
        Image.new("RGB", (60 + row % 5, 40 + row % 7), pixels_of(row)).save(path)
        lines.append(f"{name} {(row + (row % 7 == 6)) % 3}")
    for row in (4, 8):
        (folder / f"image_{row:05d}.png").write_text("<script>document.title='taken'</script>")
    (folder / "val.txt").write_text("\n".join(lines) + "\n")
    return folder
