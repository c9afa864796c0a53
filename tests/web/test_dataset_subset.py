"""Making a part of a dataset from its page."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from accubench.jobs.work import do_work
from accubench.records.job import JobOutcome
from small_world import write_dataset


def work(workbench):
    """Do what is queued, as a worker would; returns the ids that were made."""
    catalogue = workbench.workspace._store.catalogue
    (job,) = catalogue.jobs(states=["queued"])
    made = do_work(workbench.workspace._surroundings(), job)
    done = job.model_copy(update={"state": "succeeded", "outcome": JobOutcome(result=made)})
    assert catalogue.update_job(done, only_if=["queued"])
    return made


@pytest.fixture
def dataset(workbench, tmp_path):
    return workbench.workspace.import_dataset(write_dataset(tmp_path / "shades", 30), name="<b>shades")


@pytest.mark.parametrize(("given", "n"), [({"limit": " 6 ", "every": ""}, 6), ({"limit": "", "every": "10"}, 3)])
def test_the_form_makes_a_dataset_of_its_own_and_leads_to_it(client, workbench, dataset, given, n):
    sent = client.post(f"/datasets/{dataset.id}/subset", data=given)
    made = work(workbench)

    landed = client.get(sent.headers["location"]).headers["location"]
    page = client.get(f"{landed}.json").json()
    assert landed == f"/datasets/{made['dataset_id']}"
    assert (page["dataset"]["n_images"], page["dataset"]["subset"]["of_n"]) == (n, 30)
    assert workbench.workspace.dataset_by_id(dataset.id) == dataset
    assert "Make another subset" in client.get(landed).text
    assert [part["address"] for part in client.get(f"/datasets/{dataset.id}.json").json()["subset"]["parts"]] == [
        landed
    ]


def test_it_is_the_part_that_the_command_line_takes_and_is_there_once(client, workbench, dataset):
    known = workbench.workspace.dataset(dataset.id, every=7)

    client.post(f"/datasets/{dataset.id}/subset", data={"every": "7"})

    assert work(workbench) == {"dataset_id": known.id}


def test_of_a_part_another_part_of_the_whole_is_made(client, workbench, dataset):
    part = workbench.workspace.dataset(dataset.id, limit=6)

    client.post(f"/datasets/{part.id}/subset", data={"every": "2"})

    assert workbench.workspace.dataset_by_id(work(workbench)["dataset_id"]).n_images == 15


@pytest.mark.parametrize(
    ("given", "wrong", "said"),
    [
        ({}, "limit", "Give a number of images"),
        ({"limit": "many"}, "limit", "limit is a whole number of 1 or more, not &#39;many&#39;"),
        ({"limit": "0"}, "limit", "limit is a whole number"),
        ({"every": "<script>"}, "every", "not &#39;&lt;script&gt;&#39;"),
        ({"limit": "5", "every": "2"}, "every", "Give either limit or every"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_queued(client, workbench, dataset, given, wrong, said):
    answer = client.post(f"/datasets/{dataset.id}/subset", data=given)

    assert answer.status_code == 422
    _, _, behind = answer.text.partition(f'id="subset-{wrong}" ')
    assert said in behind.partition("</div>")[0]
    assert 'aria-invalid="true"' in behind.partition(">")[0]
    assert workbench.workspace.jobs.jobs() == []


def test_of_an_uploaded_archive_the_part_lies_where_the_whole_does_and_outlives_it(client, workbench, tmp_path):
    shades = write_dataset(tmp_path / "shades", 12)
    archive = shutil.make_archive(str(tmp_path / "shades"), "zip", shades)
    assert zipfile.is_zipfile(archive)
    sent = client.post("/datasets/upload", files=[("files", ("shades.zip", (tmp_path / "shades.zip").read_bytes()))])
    whole = work(workbench)["dataset_id"]
    assert client.get(sent.headers["location"]).status_code == 303
    client.post(f"/datasets/{whole}/subset", data={"limit": "5"})
    part = work(workbench)["dataset_id"]

    workbench.workspace.delete_dataset(whole)
    workbench.workspace.tidy()

    shown = client.get(f"/datasets/{part}/images/0/thumbnail.jpg")
    assert shown.headers["content-type"] == "image/jpeg"


def test_a_list_that_was_changed_since_must_not_lead_out_of_the_dataset(client, workbench, tmp_path):
    outside = write_dataset(tmp_path.parent / f"{tmp_path.name} outside", 3)
    table = write_dataset(tmp_path / "listed", 6) / "table.csv"
    (table.parent / "val.txt").unlink()
    table.write_text("path,label\n" + "".join(f"image_0000{row}.png,0\n" for row in range(6)))
    dataset = workbench.workspace.import_dataset(table)
    table.write_text(f"path,label\n{outside}/image_00000.png,0\n")
    client.post(f"/datasets/{dataset.id}/subset", data={"limit": "1"})

    with pytest.raises(Exception, match="lies outside of the folders"):
        work(workbench)


def test_an_unknown_dataset_is_a_clear_404(client):
    assert client.post("/datasets/d-000000000-0000/subset", data={"limit": "1"}).status_code == 404
