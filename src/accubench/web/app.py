"""The application: all pages, put together."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

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
    )
    app.state.workbench = workbench
    app.mount("/static", StaticFiles(directory=Path(str(files("accubench.web").joinpath("static")))), name="static")
    return app
