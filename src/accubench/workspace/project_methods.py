"""What a workspace knows of its projects, and of configurations for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accubench.records.accuracy_configuration import ResolvedConfiguration
    from accubench.records.class_names import ClassCorrespondence
    from accubench.records.configuration_form import CheckedConfiguration, ConfigurationForm, WrittenConfiguration
    from accubench.records.dataset import Dataset
    from accubench.records.model import Model
    from accubench.records.preview import PreviewImage
    from accubench.records.project import ProjectOverview
    from accubench.storage import Store

__all__ = ["ProjectMethods"]


class ProjectMethods:
    """The part of `Workspace` that is about projects."""

    _store: Store

    def projects(self) -> list[ProjectOverview]:
        """All projects with what is known of them, newest first."""
        from accubench.workspace.projects import project_overviews

        return project_overviews(self._store)

    def project(self, project_id: str) -> ProjectOverview:
        """The project of an id, with what is known of it.

        Raises:
            ProjectNotFoundError: There is none.
        """
        from accubench.workspace.projects import project_overview

        return project_overview(self._store, project_id)

    def child_projects(self, project_id: str) -> list[ProjectOverview]:
        """Projects of models that were optimised from a project's model, on its dataset and target, newest first.

        Raises:
            ProjectNotFoundError: There is no such project.
        """
        model_id = self.project(project_id).model.id
        if not any(model.parent_id == model_id for model in self._store.catalogue.models()):
            return []
        return [each for each in self.projects() if each.parent_project_id == project_id]

    def expected_seconds(self, project_id: str) -> float | None:
        """How long an evaluation will take that infers all images; None where no speed was measured yet."""
        from accubench.workspace.projects import expected_seconds

        return expected_seconds(self._store, self.project(project_id))

    def calibration_images(self, project_id: str) -> int:
        """How many images of a project's dataset its model was calibrated on; 0 for an original model."""
        from accubench.workspace.projects import count_calibration_images

        return count_calibration_images(self._store, self.project(project_id))

    def preview(self, project_id: str, configuration_yaml: str, n: int = 4, *, side: int = 320) -> list[PreviewImage]:
        """Some images of a project's dataset before and after preprocessing, as the model will see them.

        Raises:
            ConfigurationError: The YAML is wrong, or its steps do not end in the model's input.
        """
        from accubench.workspace.projects import preview_images

        return preview_images(self._store, self.project(project_id), configuration_yaml, n, side)

    def project_classes(self, project_id: str, configuration_yaml: str) -> ClassCorrespondence:
        """Which output each class of a project's dataset would be taken for; see `class_correspondence`.

        Raises:
            AccuBenchError: The YAML is wrong, the dataset is not annotated, or labels do not fit the model's outputs.
        """
        from accubench.configuration import parse_configuration

        overview, resolved = self.project(project_id), parse_configuration(configuration_yaml, name="configuration")
        return self.class_correspondence(overview.model, overview.dataset, config=resolved)

    def find_project(self, model_id: str, dataset_id: str, device: str = "CPU") -> ProjectOverview | None:
        """The project of a model, a dataset and a device of this machine; None where there is none yet.

        Raises:
            InferenceError: This machine has no such device.
        """
        from accubench.workspace.projects import find_project

        return find_project(self._store, model_id, dataset_id, device)

    def proposed_configuration(self, model: Model, start: str = "inferred") -> tuple[str, tuple[str, ...]]:
        """YAML to start a configuration from, and the notes that go with it; see `accubench.workspace.projects`."""
        from accubench.workspace.projects import proposed_configuration

        return proposed_configuration(model, start)

    def check_configuration(self, text: str, project_id: str | None = None) -> CheckedConfiguration:
        """Every problem of a configuration's YAML, what it says as a form, and where its values come from.

        Args:
            text: The YAML.
            project_id: Where given, the steps must end in the input of the project's model.
        """
        from accubench.workspace.projects import check_configuration

        return check_configuration(text, None if project_id is None else self.project(project_id).model)

    def write_configuration(self, form: ConfigurationForm, text: str | None = None) -> WrittenConfiguration:
        """YAML that says what a form says; comments of the YAML before are kept where they can be."""
        from accubench.workspace.projects import write_form

        return write_form(form, text)

    if TYPE_CHECKING:  # of another part of the workspace

        def class_correspondence(
            self, model: Model, dataset: Dataset, *, config: ResolvedConfiguration
        ) -> ClassCorrespondence:
            """See `Workspace.class_correspondence`."""
            ...
