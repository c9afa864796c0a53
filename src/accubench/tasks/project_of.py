"""The project of a model, a dataset and a target."""

from __future__ import annotations

from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.records.target import Target
from accubench.tasks.surroundings import Surroundings

__all__ = ["find_or_make_project"]


def find_or_make_project(surroundings: Surroundings, model: Model, dataset: Dataset, target: Target) -> Project:
    """The project of a model, a dataset and a target, which is made where there is none."""
    catalogue = surroundings.store.catalogue
    with surroundings.store.lock("make a project", waiting=surroundings.waiting_for("the list of projects")):
        project = catalogue.project(model.id, dataset.id, target.key)
        if project is None:
            project = Project(
                id=surroundings.new_id("project"),
                model_id=model.id,
                dataset_id=dataset.id,
                target=target,
                created_at=surroundings.now(),
            )
            catalogue.add_project(project)
    return project
