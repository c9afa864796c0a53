"""The web workbench: pages over what the workspace holds; see `create_app`."""

from accubench.web.app import create_app
from accubench.web.workbench import ServerSettings, Workbench

__all__ = ["ServerSettings", "Workbench", "create_app"]
