"""Reports of the three kinds are told apart wherever one is asked for by its id."""

import pytest

from accubench.errors import ReportNotFoundError
from accubench.workspace import Workspace


def test_a_report_of_another_kind_than_was_asked_for_is_called_what_it_is(tmp_path, colour_model, colour_dataset):
    with Workspace(tmp_path / "workspace") as workspace:
        report = workspace.evaluate(colour_model, colour_dataset)
        distance = workspace.distance(colour_model, colour_model, colour_dataset)

        with pytest.raises(ReportNotFoundError, match=rf"'{report.id}' is no comparison but an accuracy report\."):
            workspace.comparison(report.id)
        with pytest.raises(ReportNotFoundError, match=rf"'{report.id}' is no tensor distance but an accuracy report\."):
            workspace.tensor_distance(report.id)
        with pytest.raises(
            ReportNotFoundError, match=rf"'{distance.id}' is no accuracy report but a tensor distance\."
        ):
            workspace.report(distance.id)
