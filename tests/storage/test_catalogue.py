import subprocess
import sys
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from accubench.errors import WorkspaceError
from accubench.records.ids import new_id
from accubench.records.predictions import Predictions
from accubench.storage import Store, schema
from accubench.storage.catalogue import Catalogue


def some_predictions(key="k", at=0.0):
    now = datetime.fromtimestamp(1_700_000_000 + at, tz=UTC)
    return Predictions(
        id=new_id("predictions", now, b"abc"),
        key=key,
        model_id="m",
        dataset_id="d",
        n_images=130,
        score_columns=10,
        score_dtype="float32",
        part_rows=64,
        state="unfinished",
        engine="openvino 1",
        device="CPU",
        precision="f32",
        execution_precision="f32",
        scores_output="prob",
        preprocessing=({"decode": {}}, {"resize": {"size": 8}}),
        versions={"openvino": "1"},
        created_at=now,
    )


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'catalogue.sqlite'}"


def test_a_record_comes_back_as_it_was_stored(url):
    predictions = some_predictions()
    catalogue = Catalogue(url)

    catalogue.add_predictions(predictions)

    assert Catalogue(url).predictions_by_id(predictions.id) == predictions
    assert predictions.n_parts == 3


def test_the_newest_predictions_of_a_key_are_found(url):
    catalogue = Catalogue(url)
    for at in (0, 5, 2):
        catalogue.add_predictions(some_predictions(at=at))
    catalogue.add_predictions(some_predictions(key="other", at=9))

    newest = catalogue.newest_predictions("k")

    assert newest == some_predictions(at=5)
    assert catalogue.newest_predictions("never seen") is None


def test_an_update_replaces_the_record(url):
    catalogue = Catalogue(url)
    predictions = some_predictions()
    catalogue.add_predictions(predictions)

    catalogue.update_predictions(predictions.model_copy(update={"state": "complete"}))

    found = catalogue.predictions_by_id(predictions.id)
    assert found is not None
    assert found.state == "complete"


def test_migrations_make_exactly_the_tables_that_the_code_declares(url):
    Catalogue(url)
    engine = sa.create_engine(url)
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_a_migration_that_fails_half_way_leaves_nothing_behind(url):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE benchmarks (stranger INTEGER)"))

    with pytest.raises(WorkspaceError, match="could not be upgraded"):
        Catalogue(url)

    assert sa.inspect(engine).get_table_names() == ["benchmarks"]
    engine.dispose()


def test_processes_that_start_together_share_one_new_catalogue(url):
    code = f"from accubench.storage.catalogue import Catalogue; Catalogue({url!r}).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(4)]

    complaints = [process.communicate(timeout=120)[1] for process in processes]

    assert complaints == [""] * len(processes)


def test_a_catalogue_of_a_newer_version_is_refused(url):
    Catalogue(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(WorkspaceError, match="written by a newer AccuBench"):
        Catalogue(url)


def test_a_file_that_is_no_catalogue_is_refused(tmp_path):
    (tmp_path / "catalogue.sqlite").write_text("hello " * 1000)

    with pytest.raises(WorkspaceError, match="cannot be used: file is not a database"):
        Store(tmp_path)


@pytest.mark.parametrize("name", ["a?b=1", "100%25", "a#b", "new\nline", "sp ace", ":memory:", "file:x", "ünï"])
def test_the_catalogue_lies_in_the_workspace_whatever_its_name(tmp_path, name):
    Store(tmp_path / name).close()

    assert (tmp_path / name / "catalogue.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_wrong_database_url_says_what_was_expected():
    with pytest.raises(WorkspaceError, match="Expected something like"):
        Catalogue("nonsense")


def test_two_stores_may_write_to_one_catalogue(tmp_path):
    first, second = Store(tmp_path), Store(tmp_path)
    first.catalogue.add_predictions(some_predictions(at=1))
    second.catalogue.add_predictions(some_predictions(at=2))

    assert first.catalogue.newest_predictions("k") == some_predictions(at=2)
    first.close()
    second.close()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError, match="choose another one with --workspace"):
        Store(tmp_path / "file" / "workspace")


def test_a_catalogue_in_a_folder_that_does_not_exist_makes_none(tmp_path):
    with pytest.raises(WorkspaceError, match="there is no folder"):
        Catalogue(f"sqlite:///{tmp_path / 'absent' / 'catalogue.sqlite'}")

    assert not (tmp_path / "absent").exists()
