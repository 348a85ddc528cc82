"""Exports at the desk: ordered, made by a process that outlives everything, downloaded whole or in parts, removed."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting import exports, service
from app.reporting.export_order import FORMS
from app.reporting.snapshot import read_snapshot
from app.staff.permissions import Role
from tests.application import NOON, House, Reader
from tests.consultations.test_desk import trail
from tests.desk import at_the_desk
from tests.reporting.exported import READERS, rows_of
from tests.reporting.test_taking import fill, people
from tests.samples import SLUG, sample_document
from tests.submissions.test_journey_pages import code_on, send_all

ONE = f"/staff/consultations/{SLUG}"
LIST = f"{ONE}/exports"
PATIENCE_SECONDS = 120


async def freeze(house: House, n: int = 60) -> None:
    """So many people answered, and the consultation is frozen."""
    await fill(house.engine, house.consultation.id, people(sample_document(), n))
    await close(house)


async def close(house: House) -> None:
    await house.change(closes_at=NOON - timedelta(hours=2))
    async with AsyncSession(house.engine) as session:
        await service.freeze(session, house.settings, SLUG, NOON)
        await session.commit()


async def until(house: House, is_so: Callable[[exports.Export], bool]) -> exports.Export:
    """The newest export, as soon as it is so."""
    for _ in range(PATIENCE_SECONDS * 10):
        (newest, *_others) = exports.listed(house.settings, SLUG)
        if is_so(newest):
            return newest
        await asyncio.sleep(0.1)
    raise AssertionError(f"still {newest}")


async def ordered(house: House, desk: Reader, form: str = "csv", language: str = "en") -> exports.Export:
    """An export that was ordered and is not being made any more."""
    await desk.post(LIST, {"form": form, "language": language})
    await desk.follow()
    return await until(house, lambda each: not each.unfinished)


def process_of(house: House, export: exports.Export) -> psutil.Process:
    """The process that makes the export."""
    for process in psutil.Process().children():
        # Its lock, and from the first moment on.
        if any(Path(each.path).parent.name == export.name for each in process.open_files()):
            return process
    raise AssertionError("no process makes it")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_file_is_ordered_made_and_downloaded_and_holds_every_row(
    house: House, form: str, tmp_path: Path
) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT, language="ar") as desk:
        made = await ordered(house, desk, form, "ar")
        assert (made.state, made.rows, made.form, made.language) == ("ready", 71, form, "ar")
        page = await desk.get(LIST)
        for name, size in made.files:
            assert f"{LIST}/{made.name}/{name}" in page
            response = await desk.client.get(f"{LIST}/{made.name}/{name}")
            assert len(response.content) == size
            assert response.headers["content-disposition"] == f'attachment; filename="{SLUG}-{name}"'
            assert response.headers["cache-control"] == "no-store"
            (tmp_path / name).write_bytes(response.content)
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for each in told["files"]:
        assert hashlib.sha256((tmp_path / each["name"]).read_bytes()).hexdigest() == each["sha256"]
    expected = list(rows_of(service.snapshot_path(house.settings, SLUG), sample_document()))
    for reader in READERS[form]:
        assert list(reader(tmp_path / f"submissions.{form}", sample_document())) == expected
    acts = [(each.act, (each.after or {}).get("file")) for each in await trail(house)]
    assert acts == [("export_ordered", None), *(("export_downloaded", name) for name, _ in made.files)]


async def test_a_broken_download_goes_on_where_it_broke(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        made = await ordered(house, desk)
        address = f"{LIST}/{made.name}/submissions.csv"
        whole = await desk.client.get(address)
        assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
        if_same = {"if-range": whole.headers["etag"]}
        rest = await desk.client.get(address, headers={"range": "bytes=1000-", **if_same})
        assert rest.status_code == 206
        assert rest.headers["content-range"] == f"bytes 1000-{len(whole.content) - 1}/{len(whole.content)}"
        assert whole.content[:1000] + rest.content == whole.content
        other = await desk.client.get(address, headers={"range": "bytes=1000-", "if-range": '"other"'})
        assert (other.status_code, other.content) == (200, whole.content)
        behind = await desk.client.get(address, headers={"range": f"bytes={len(whole.content)}-"})
        assert behind.status_code == 416
    ranges = [(each.after or {})["range"] for each in await trail(house) if each.act == "export_downloaded"]
    assert ranges[:2] == ["", "bytes=1000-"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_nobody_but_the_secretariat_sees_exports(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        made = await ordered(house, desk)
        assert f'href="{LIST}"' in await desk.get(ONE)
    for role in set(Role) - {Role.SECRETARIAT}:
        async with at_the_desk(house, role) as other:
            await other.get(LIST, status=403)
            await other.get(f"{LIST}/{made.name}/submissions.csv", status=403)
            await other.post(LIST, {"form": "csv", "language": "en"}, status=403)
    async with at_the_desk(house, Role.ADMINISTRATOR) as administrator:
        assert LIST not in await administrator.get(ONE)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_only_what_an_export_names_is_handed_out(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        made = await ordered(house, desk)
        for name in ("order.json", "release.json", "running.lock", "..%2Forder.json", "%2e%2e%2f%2e%2e%2fsecret"):
            await desk.get(f"{LIST}/{made.name}/{name}", status=404)
        for other in ("..", "nothing-here", "%2e%2e", f"..%2F{SLUG}%2F{made.name}"):
            response = await desk.client.get(f"{LIST}/{other}/submissions.csv")
            assert response.status_code == 404
        await desk.post(LIST, {"form": "exe", "language": "en"}, status=404)
        await desk.post(LIST, {"form": "csv", "language": "../x"}, status=404)


async def test_nothing_can_be_ordered_before_the_freeze(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        assert "<select" not in await desk.get(LIST)
        await desk.post(LIST, {"form": "csv", "language": "en"}, status=404)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_killed_export_says_so_and_is_begun_again(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.post(LIST, {"form": "xlsx", "language": "en"})
        (waiting,) = exports.listed(house.settings, SLUG)
        assert waiting.unfinished
        page = await desk.get(LIST)
        assert 'hx-trigger="every 2s"' in page
        part = (await desk.client.get(LIST, headers={"hx-request": "true"})).text
        assert "<html" not in part
        assert 'id="exports"' in part
        process_of(house, waiting).kill()
        broken = await until(house, lambda each: not each.unfinished)
        assert broken.state == "broken"
        page = await desk.get(LIST)
        assert "hx-trigger" not in page
        assert "Broken off" in page
        await desk.get(f"{LIST}/{broken.name}/submissions.xlsx", status=404)
        assert f'action="{LIST}/{broken.name}/again"' in page
        await desk.post(f"{LIST}/{broken.name}/again", {})
        again = await until(house, lambda each: not each.unfinished)
        assert (again.state, again.name) == ("ready", broken.name)
        await desk.post(f"{LIST}/{broken.name}/again", {})
        assert exports.listed(house.settings, SLUG)[0].state == "ready"
    assert [each.act for each in await trail(house)] == ["export_ordered", "export_started_again"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_an_export_goes_on_in_a_session_of_its_own_when_the_server_ends(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        await desk.post(LIST, {"form": "csv", "language": "en"})
        (waiting,) = exports.listed(house.settings, SLUG)
        maker, here = process_of(house, waiting), psutil.Process()
        assert maker.pid != here.pid
        assert maker.terminal() is None or maker.terminal() != here.terminal()
        assert (await until(house, lambda each: not each.unfinished)).state == "ready"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_snapshot_that_was_changed_by_hand_is_not_handed_out(house: House) -> None:
    await freeze(house)
    path = service.snapshot_path(house.settings, SLUG)
    frame = read_snapshot(path)
    frame[1:].write_parquet(path, metadata={"taken": "71", "erased": "0"})
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        refused = await ordered(house, desk)
        assert (refused.state, refused.reason) == ("refused", "rows_lost")
        assert "Restore a backup" in await desk.get(LIST)
        path.unlink()
        await desk.post(f"{LIST}/{refused.name}/again", {})
        broke = await until(house, lambda each: not each.unfinished)
        assert broke.reason == "broke"
        assert (broke.told or {})["kind"] == "FileNotFoundError"


async def test_an_erased_submission_is_in_no_file_any_more(house: House) -> None:
    codes = []
    for _ in range(2):
        async with house.reader() as each:
            await send_all(each)
            codes.append(code_on(await each.follow()))
    await close(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        made = await ordered(house, desk)
        assert (made.state, made.rows) == ("ready", 2)
        folder = exports.find(house.settings, SLUG, made.name)
        assert folder is not None
        async with house.reader() as later:
            await later.post("/en/receipt", {"code": codes[0]})
            await later.post("/en/receipt/answers", {"go": "erase"})
        assert exports.listed(house.settings, SLUG)[0].state == "withdrawn"
        left = {path.name for path in folder.iterdir()}
        assert not left & {"submissions.csv", "codebook.csv", "manifest.json"}
        await desk.get(f"{LIST}/{made.name}/submissions.csv", status=404)
        assert "Somebody erased their answers since" in await desk.get(LIST)
        await desk.post(f"{LIST}/{made.name}/again", {})
        again = await until(house, lambda each: not each.unfinished)
        assert (again.state, again.rows) == ("ready", 1)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_files_go_after_a_week_and_when_somebody_removes_them(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        first, second = await ordered(house, desk), await ordered(house, desk, "parquet")
        assert re.search(rf'action="{LIST}/{first.name}/remove"', await desk.get(LIST))
        await desk.post(f"{LIST}/{first.name}/remove", {})
        assert [each.name for each in exports.listed(house.settings, SLUG)] == [second.name]
        assert exports.remove_due(house.settings, NOON + timedelta(days=7) - timedelta(seconds=41)) == 0
        house.clock.forward(days=7)
        assert exports.remove_due(house.settings, house.clock.now) == 1
        assert exports.listed(house.settings, SLUG) == ()
        assert not list(exports.folder_of(house.settings).glob("*/*"))
    assert "export_removed" in [each.act for each in await trail(house)]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_exports_wait_for_each_other_and_too_many_are_refused(house: House) -> None:
    await freeze(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        for _ in range(exports.MOST_WAITING):
            await desk.post(LIST, {"form": "csv", "language": "en"})
        assert "6 exports are being made already" in await desk.post(
            LIST, {"form": "csv", "language": "en"}, status=422
        )
        for _ in range(PATIENCE_SECONDS * 20):
            all_ = exports.listed(house.settings, SLUG)
            assert sum(each.state == "running" for each in all_) <= 1
            if not any(each.unfinished for each in all_):
                break
            await asyncio.sleep(0.05)
        assert [each.state for each in all_] == ["ready"] * exports.MOST_WAITING
