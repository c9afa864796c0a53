"""The Store: the workspace folder with its catalogue, files and locks."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import polars as pl

from accubench.errors import WorkspaceError
from accubench.records.any_report import AnyReport
from accubench.records.dataset import Dataset
from accubench.records.dataset_health import DatasetHealth
from accubench.records.model import Model, ModelFile
from accubench.records.predictions import Predictions
from accubench.storage.cache import CacheFolder
from accubench.storage.catalogue import Catalogue
from accubench.storage.database import sqlite_url
from accubench.storage.deletions import StoredKind, delete_records, finish_deletions
from accubench.storage.disk import storage_errors, whole_file, whole_folder
from accubench.storage.locks import hold_lock
from accubench.storage.parts import PartFolder

__all__ = ["Store"]

_COMPILED_BYTES = 2 << 30
_THUMBNAIL_BYTES = 1 << 30


class Store:
    """Everything that AccuBench keeps, below one folder.

    ::

        catalogue.sqlite                 what there is (or a database given by URL)
        models/<id>/                     copies of the model's files as imported
        datasets/<id>/manifest.parquet   which images, where, which class; images stay where they are
        datasets/<id>/health.json        what looking at every image told
        predictions/<id>/                scores, as Parquet parts
        reports/<id>/                    report.json and the table of images
        uploads/<id>/                    files as a browser sent them, until their import ended; images stay
        unpacked/<sha256>/               what archives of images held
        locks/  cache/                   may be deleted when nothing runs

    Args:
        folder: The workspace folder; created where it is absent.
        database_url: Where the catalogue is; SQLite inside `folder` by default.

    Raises:
        WorkspaceError: The folder or the catalogue cannot be used.
    """

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder.absolute()
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.catalogue = Catalogue(database_url or sqlite_url(self.folder / "catalogue.sqlite"))

    def close(self) -> None:
        """Close the catalogue."""
        self.catalogue.close()

    def lock(self, name: str, *, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Hold a lock between processes; `waiting` is called regularly while another process holds it."""
        return hold_lock(self.folder / "locks", name, waiting=waiting)

    @property
    def compiled_models(self) -> CacheFolder:
        """Compiled forms of models, for those that run a model again."""
        return CacheFolder(self.folder / "cache" / "compiled", _COMPILED_BYTES)

    @property
    def thumbnails(self) -> CacheFolder:
        """Small pictures of images, as the decoding rule of a report sees them."""
        return CacheFolder(self.folder / "cache" / "thumbnails", _THUMBNAIL_BYTES)

    # --- what came from elsewhere ---------------------------------------------------------------

    @property
    def uploads(self) -> Path:
        """Where uploaded files lie, each upload in a folder of its own."""
        return self.folder / "uploads"

    @property
    def unpacked(self) -> Path:
        """Where archives of images are unpacked, each into a folder named by its content."""
        return self.folder / "unpacked"

    def is_own(self, path: Path) -> bool:
        """Whether a path lies where only uploads and unpacked archives do."""
        return self.uploads in path.parents or self.unpacked in path.parents

    def own_folder(self, path: Path) -> Path:
        """The folder of the one upload or archive that a path for which `is_own` holds belongs to."""
        kept = self.uploads if path.is_relative_to(self.uploads) else self.unpacked
        return kept / path.relative_to(kept).parts[0]

    def origin(self, path: Path) -> str:
        """Where a file came from: its path; for an upload, the same for every upload of that name."""
        if not path.is_relative_to(self.uploads):
            return str(path)
        return str(self.uploads / path.name)

    # --- deleting -------------------------------------------------------------------------------

    def delete(self, records: Collection[tuple[StoredKind, str]], *, waiting: Callable[[], None]) -> None:
        """Delete records and their folders; killed in between, `finish_deletions` does the rest.

        Args:
            records: Kind and id of each, what depends on others before what it depends on.
            waiting: Called while another process deletes.
        """
        delete_records(self.folder, self.catalogue, records, waiting=waiting)

    def finish_deletions(self, *, waiting: Callable[[], None]) -> None:
        """Delete the folders that processes which died while deleting left."""
        finish_deletions(self.folder, self.catalogue, waiting=waiting)

    # --- models ---------------------------------------------------------------------------------

    def keep_model(self, model: Model, files: tuple[Path, ...]) -> None:
        """Store a model with copies of its files, so that a report can always be made again from what was measured.

        Raises:
            StorageFullError: No space; nothing of the model is left behind.
            WorkspaceError: A file changed since the model was described.
        """
        with whole_folder(self._model_folder(model.id)) as folder:
            for file, described in zip(files, model.files, strict=True):
                with storage_errors(folder):
                    (folder / described.name).parent.mkdir(exist_ok=True)
                with whole_file(folder / described.name) as temporary:
                    shutil.copyfile(file, temporary)
                    _check_copy(temporary, file, described)
            self.catalogue.add_model(model)

    def model_path(self, model: Model) -> Path:
        """The kept copy of the file to open a model by.

        Raises:
            WorkspaceError: The copy is gone.
        """
        return self.model_file(model, model.files[0].name)

    def model_file(self, model: Model, name: str) -> Path:
        """The kept copy of one of a model's files.

        Raises:
            WorkspaceError: The copy is gone.
        """
        path = self._model_folder(model.id) / name
        if not path.is_file():
            raise WorkspaceError(f"The files of model {model.name} are missing from the workspace: {path}.")
        return path

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """A folder for files in the making; it is gone afterwards, and part of the cache if the process dies.

        Raises:
            StorageFullError: The disk is full.
            WorkspaceError: The folder cannot be made.
        """
        with storage_errors(self.folder):
            (self.folder / "cache").mkdir(exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder / "cache"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # --- datasets -------------------------------------------------------------------------------

    def keep_dataset(self, dataset: Dataset, manifest: pl.DataFrame) -> None:
        """Store a dataset with the table of its images.

        Raises:
            StorageFullError: No space; nothing of the dataset is left behind.
        """
        with whole_folder(self.folder / "datasets" / dataset.id) as folder:
            with whole_file(folder / "manifest.parquet") as temporary:
                manifest.write_parquet(temporary)
            self.catalogue.add_dataset(dataset)

    def manifest(self, dataset: Dataset) -> pl.DataFrame:
        """The table of a dataset's images, with the columns of `MANIFEST_COLUMNS`."""
        table = _read_table(self.folder / "datasets" / dataset.id / "manifest.parquet")
        if "member" not in table.columns:  # written when every image had a file of its own
            table = table.with_columns(member=pl.lit(None, pl.String))
        return table

    def keep_dataset_health(self, health: DatasetHealth) -> None:
        """Store the outcome of a health check with its dataset, in place of an earlier one.

        Raises:
            StorageFullError: No space; an earlier outcome stays.
        """
        with whole_file(self._health_file(health.dataset_id)) as temporary:
            temporary.write_text(health.model_dump_json(), encoding="utf-8")

    def dataset_health(self, dataset: Dataset) -> DatasetHealth | None:
        """The outcome of the newest health check of exactly this version of a dataset, or None."""
        try:
            return DatasetHealth.model_validate_json(self._health_file(dataset.id).read_bytes())
        except (OSError, ValueError):  # there is none, or another AccuBench wrote it
            return None

    def _health_file(self, dataset_id: str) -> Path:
        return self.folder / "datasets" / dataset_id / "health.json"

    # --- predictions ----------------------------------------------------------------------------

    def parts(self, predictions: Predictions) -> PartFolder:
        """The folder of a set of predictions."""
        return PartFolder(self.folder / "predictions" / predictions.id)

    def count_parts(self) -> int:
        """How many parts of scores are stored, of all predictions together."""
        return sum(1 for _ in (self.folder / "predictions").glob("*/part-*.parquet"))

    # --- reports --------------------------------------------------------------------------------

    def keep_report(self, report: AnyReport, table: pl.DataFrame) -> None:
        """Store a report and its table; the catalogue learns of it last, so that it is never found half-written.

        Raises:
            StorageFullError: No space; nothing of the report is left behind.
        """
        place = self.folder / "reports" / report.id
        shutil.rmtree(place, ignore_errors=True)  # of a process that died here and whose work is done again
        with whole_folder(place) as folder:
            with whole_file(folder / "table.parquet") as temporary:
                table.write_parquet(temporary)
            with whole_file(folder / "report.json") as temporary:
                temporary.write_text(report.model_dump_json(indent=2), encoding="utf-8")
            self.catalogue.add_report(report)

    def report_table(self, report: AnyReport) -> pl.DataFrame:
        """The table of a report, with the columns that reports of its kind have, such as `REPORT_COLUMNS`."""
        return _read_table(self.folder / "reports" / report.id / "table.parquet")

    def _model_folder(self, model_id: str) -> Path:
        return self.folder / "models" / model_id


def _check_copy(copy: Path, original: Path, described: ModelFile) -> None:
    with copy.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != described.sha256:
            raise WorkspaceError(f"{original} changed while it was imported. Run the same command again.")


def _read_table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error}). The workspace is damaged; import or evaluate again."
        ) from error
