"""The application: all pages, put together."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from accubench.web import (
    checks,
    class_matching,
    configuration,
    configuration_preview,
    create_report,
    dataset_health,
    dataset_page,
    dataset_subset,
    datasets,
    deletion,
    entrance,
    import_views,
    jobs,
    models,
    new_project,
    optimize,
    project_pages,
    projects,
    reports,
    settings,
    start,
    visualize,
)
from accubench.web.errors import ERROR_RESPONSES, UnexpectedErrors, add_error_handlers
from accubench.web.security import Guard
from accubench.web.server_log import ServerLog
from accubench.web.workbench import Workbench

__all__ = ["create_app"]


def create_app(workbench: Workbench) -> FastAPI:
    """The workbench as an ASGI application.

    Args:
        workbench: What its pages show.
    """
    app = FastAPI(
        title="AccuBench",
        version=version("accubench"),
        description="Measure, understand and keep the accuracy of deployed image classifiers.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=ERROR_RESPONSES,
    )
    app.state.workbench = workbench
    app.mount("/static", StaticFiles(directory=Path(str(files("accubench.web").joinpath("static")))), name="static")
    app.include_router(entrance.router)
    app.include_router(start.router)
    app.include_router(settings.router)
    app.include_router(jobs.router)
    app.include_router(models.router)
    app.include_router(datasets.router)
    app.include_router(dataset_page.router)
    app.include_router(dataset_health.router)
    app.include_router(dataset_subset.router)
    app.include_router(import_views.router)
    app.include_router(deletion.router)
    app.include_router(reports.router)
    app.include_router(visualize.router)
    app.include_router(projects.router)
    app.include_router(new_project.router)
    app.include_router(create_report.router)
    app.include_router(optimize.router)
    app.include_router(project_pages.router)
    app.include_router(checks.router)
    app.include_router(class_matching.router)
    app.include_router(configuration.router)
    app.include_router(configuration_preview.router)
    add_error_handlers(app)
    app.add_middleware(UnexpectedErrors, log=ServerLog(workbench.workspace.folder / "logs"))
    app.add_middleware(Guard, settings=workbench.settings)  # added last, it stands before everything else
    return app
