"""Posting a draft and the final, reading them as anybody, withdrawing: dates, bytes, addresses, trail."""

import asyncio
import base64
import hashlib
import io
import re
import zipfile
from collections.abc import AsyncIterator, Sequence

import pypdfium2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.backup import back_up, restore
from app.db import create_engine
from app.errors import OperatorError
from app.questionnaire.document import LANGUAGES
from app.reporting import versions
from app.reporting.models import PaperFile, PaperVersion, PaperWords
from app.reporting.renderers.formats import PAPERS
from app.staff.permissions import Role
from tests.application import House, Reader
from tests.consultations.test_desk import ONE, trail
from tests.desk import at_the_desk
from tests.reporting.versions import (
    CHANGED,
    PUBLIC,
    UNTIL,
    VERSIONS,
    days_pass,
    drafted,
    frozen,
    post_draft,
    post_final,
)
from tests.samples import SLUG

#: The Secretariat's own words instead of the paragraph on next steps.
OWN = {"en": "The Secretariat says hello.", "ar": "تقول الأمانة مرحبا."}
RESULTS = f"/en/consultations/{SLUG}/results"


@pytest.fixture
async def secretariat(house: House) -> AsyncIterator[Reader]:
    await frozen(house)
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        yield desk


async def write(house: House, language: str, manner: str, text: str) -> None:
    async with AsyncSession(house.engine) as session:
        words = PaperWords(
            consultation_id=house.consultation.id, paragraph="next.steps", language=language, manner=manner,
            text=text, generated="", reason="", who="secretariat@desk.example", at=house.clock(),
        )  # fmt: skip
        session.add(words)
        await session.commit()


async def kept(house: House) -> Sequence[PaperVersion]:
    async with AsyncSession(house.engine) as session:
        return await versions.all_versions(session, house.consultation.id)


async def test_a_draft_is_public_without_password_from_posting_on(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await browse.get(PUBLIC, status=404)
    await browse.get(f"{PUBLIC}/1", status=404)
    about = f"/en/consultations/{SLUG}"
    assert f'href="{PUBLIC}"' not in await browse.get(about)
    await post_draft(secretariat)
    page = await browse.get(PUBLIC)
    assert "Draft" in page
    assert "until the end of 10 December 2026" in page
    assert "Friday 11 December 2026, 12:00 UTC" in page
    assert f'href="{PUBLIC}/1/comments"' in page
    assert f'href="{PUBLIC}"' in await browse.get(about)
    await browse.get(RESULTS, status=404)
    for language in LANGUAGES:
        address = f"/{language}/consultations/{SLUG}/paper"
        assert "SHA-256" in await browse.get(f"{address}/1")
        await browse.get(f"{address}/paper.docx", status=303)
        assert browse.led_to == f"{address}/1/paper.docx"
    for path in ("2", "1/paper.exe", "1/tables.csv", "paper.exe", "1/../1/release.json"):
        await browse.get(f"{PUBLIC}/{path}", status=404)


async def test_every_file_is_kept_with_its_digest_and_served_as_it_was_posted(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    for language, words in OWN.items():
        await write(house, language, "instead", words)
    await post_draft(secretariat)
    # Nor do words of the Secretariat leave a version when they are taken back.
    for language in OWN:
        await write(house, language, "generated", "")
    async with AsyncSession(house.engine) as session:
        files = list(await session.scalars(select(PaperFile)))
        assert await versions.damaged_files(session) == []
    assert {(each.language, each.form) for each in files} == {(lang, form) for lang in LANGUAGES for form in PAPERS}
    # Whatever happens to the release's facts or to our templates, the bytes stay.
    await house.change(topic=dict.fromkeys(LANGUAGES, "Another topic"))
    for each in files:
        address = f"/{each.language}/consultations/{SLUG}/paper/1/paper.{each.form}"
        response = await browse.client.get(address)
        assert response.status_code == 200
        assert hashlib.sha256(response.content).hexdigest() == each.digest
        assert each.digest in await browse.get(f"/{each.language}/consultations/{SLUG}/paper/1")
        again = await browse.client.get(address, headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        own = OWN.get(each.language)
        if each.form == "pdf" and own and each.language == "en":
            pages = pypdfium2.PdfDocument(response.content)
            assert any(own in page.get_textpage().get_text_range() for page in pages)
        if each.form == "docx":
            with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
                assert own is None or own in archive.read("word/document.xml").decode()
                assert ("<w:bidi/>" in archive.read("word/document.xml").decode()) is (each.language == "ar")
        if each.form == "html":
            assert own is None or f"{own}\u00a0*" in response.text
            (style,) = re.findall(rb"<style>(.*?)</style>", response.content, re.DOTALL)
            allowed = base64.b64encode(hashlib.sha256(style).digest()).decode()
            policy = response.headers["content-security-policy"]
            assert f"style-src 'sha256-{allowed}'" in policy
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


async def test_one_form_sent_twice_and_two_at_once_post_one_version(house: House, secretariat: Reader) -> None:
    fields = {"number": "1", "kind": "draft", "until": UNTIL.isoformat()}
    answers = await asyncio.gather(*(_send(secretariat, fields) for _ in range(2)))
    assert [status for status, _ in answers] == [303, 303]
    await secretariat.post(VERSIONS, fields)
    assert [each.number for each in await kept(house)] == [1]
    assert [each.act for each in await trail(house)] == ["version_posted"]


async def _send(desk: Reader, fields: dict[str, str]) -> tuple[int, str]:
    response = await desk.client.post(VERSIONS, data=fields)
    return response.status_code, response.text


async def test_a_draft_then_another_then_the_final_with_what_changed(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await drafted(house)
    await days_pass(house, 5)
    assert "What changed since version 1" in await secretariat.get(VERSIONS)
    page = await secretariat.post(VERSIONS, {"number": "2", "kind": "final", "changed-en": "Words"}, status=422)
    assert 'href="#changed-ar"' in page
    assert 'href="#changed-en"' not in page
    await post_draft(secretariat, 2, until="2026-12-20")
    await days_pass(house, 25)
    await post_final(secretariat, 3, document="WG-CP/18/5")
    for number, word in ((1, "Draft"), (2, "Draft"), (3, "Final")):
        page = await browse.get(f"{PUBLIC}/{number}")
        assert f'<span class="tag{" yes" if word == "Final" else ""}">{word}</span>' in page
        assert ("There is a later version." in page) is (number < 3)
    newest = await browse.get(PUBLIC)
    assert "Other words (en)" in newest
    assert "All figures are those of version 2." in newest
    assert re.search(r"Paragraphs with other words:\s*<bdi dir=\"ltr\">9\.1</bdi>", newest)
    assert "WG-CP/18/5" in newest
    assert "Other words (ar)" in await browse.get(f"/ar/consultations/{SLUG}/paper/3")
    # What follows a final is final.
    page = await secretariat.get(VERSIONS)
    assert 'value="draft"' not in page
    await secretariat.post(VERSIONS, {**CHANGED, "number": "4", "kind": "draft", "until": "2027-02-01"}, status=409)
    assert [each.final for each in await kept(house)] == [True, False, False]


async def test_a_form_that_cannot_be_posted_is_said_field_by_field_and_posts_nothing(
    house: House, secretariat: Reader
) -> None:
    for fields, wrong in (
        ({"kind": "draft"}, "until"),
        ({"kind": "draft", "until": "2026-11-22"}, "until"),
        ({"kind": "draft", "until": "10/12/2026"}, "until"),
        ({"kind": "draft", "until": "2026-12-10", "final_on": "2026-12-09"}, "final_on"),
        ({"kind": "guess"}, "kind"),
        ({"kind": "final", "document": "x" * 41}, "document"),
    ):
        page = await secretariat.post(VERSIONS, {"number": "1", **fields}, status=422)
        assert f'href="#{wrong}"' in page
        assert f'id="{wrong}-e"' in page
    for number in ("", "one", "٣", "1234567"):
        await secretariat.post(VERSIONS, {"number": number, "kind": "final"}, status=404)
    assert await kept(house) == []
    assert await trail(house) == []


async def test_a_number_that_is_not_the_next_posts_nothing(house: House, secretariat: Reader) -> None:
    await secretariat.post(VERSIONS, {"number": "5", "kind": "final"})
    assert await kept(house) == []
    assert await trail(house) == []


async def test_nothing_is_posted_before_the_freeze(house: House) -> None:
    async with at_the_desk(house, Role.SECRETARIAT) as desk:
        assert 'name="number"' not in await desk.get(VERSIONS)
        await desk.post(VERSIONS, {"number": "1", "kind": "final"}, status=409)
    assert await kept(house) == []


async def test_a_withdrawn_version_says_when_and_why_and_leads_to_the_next(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await drafted(house)
    withdraw = f"{VERSIONS}/1/withdraw"
    await secretariat.post(withdraw, {"reason-fr": "Une erreur"}, status=422)
    await days_pass(house, 1)
    await secretariat.post(withdraw, {"reason-en": "A <wrong> table", "reason-ar": "جدول خاطئ"})
    for path in ("", "/1", "/1/paper.docx", "/1/paper.html", "/1/comments"):
        page = await browse.get(f"{PUBLIC}{path}", status=410)
        assert "withdrawn on 24 November 2026" in page
        assert "A &lt;wrong&gt; table" in page
        assert "No other version stands now." in page
    assert "جدول خاطئ" in await browse.get(f"/ar/consultations/{SLUG}/paper/1", status=410)
    assert '<p lang="en" dir="auto">A &lt;wrong&gt; table' in await browse.get(
        f"/ru/consultations/{SLUG}/paper/1", status=410
    )
    await secretariat.post(withdraw, {"reason-en": "Again"}, status=409)
    await post_final(secretariat, 2)
    assert f'href="{PUBLIC}/2"' in await browse.get(f"{PUBLIC}/1", status=410)
    assert "Withdrawn" in await browse.get(f"{PUBLIC}/2")
    await browse.get(PUBLIC)
    entries = await trail(house)
    assert [(each.act, each.subject, each.reason) for each in entries] == [
        ("version_withdrawn", f"{SLUG}/1", "A <wrong> table"),
        ("version_posted", f"{SLUG}/2", ""),
    ]


async def test_publishing_alone_posts_version_one_as_final(house: House, browse: Reader, secretariat: Reader) -> None:
    await secretariat.post(f"{ONE}/publish", {})
    (version,) = await kept(house)
    assert (version.number, version.final, version.comments_until) == (1, True, None)
    page = await browse.get(RESULTS)
    assert f'href="{PUBLIC}/1"' in page
    assert f'href="/en/consultations/{SLUG}/what-happened"' in page
    await browse.get(f"{RESULTS}/paper.docx", status=303)
    assert browse.led_to == f"{PUBLIC}/1/paper.docx"
    await browse.get(f"{PUBLIC}/1/comments", status=404)
    assert "Comments" not in await browse.get(f"{PUBLIC}/1")
    async with AsyncSession(house.engine) as session:
        assert await versions.publish(session, house.application.api.state.documents, SLUG, house.clock()) is None


async def test_publishing_after_a_draft_leaves_the_draft_as_it_is(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await drafted(house)
    await secretariat.post(f"{ONE}/publish", {})
    assert [(each.number, each.final) for each in await kept(house)] == [(1, False)]
    assert "Draft" in await browse.get(RESULTS)


async def test_where_no_version_stands_the_results_are_public_no_more_until_they_are_published_again(
    house: House, browse: Reader, secretariat: Reader
) -> None:
    await drafted(house)
    await secretariat.post(f"{ONE}/publish", {})
    public = (RESULTS, f"{RESULTS}/dcat.jsonld", f"{RESULTS}/release.json", f"/api/v1/consultations/{SLUG}")
    for path in public:
        await browse.get(path)
    assert "the results page, the data" in await secretariat.get(f"{VERSIONS}/1/withdraw")
    await secretariat.post(f"{VERSIONS}/1/withdraw", {"reason-en": "A wrong table"})
    for path in (*public, f"{RESULTS}/tables.xlsx", f"{RESULTS}/releases"):
        await browse.get(path, status=404)
    for path in ("/en/feed.xml", "/en/consultations", "/en/"):
        assert f"{SLUG}/results" not in await browse.get(path)
    assert SLUG not in await browse.get("/api/v1/consultations")
    last = (await trail(house))[-1]
    assert last.before == {"withdrawn_at": None, "phase": "published"}
    assert (last.after or {})["phase"] == "frozen"
    await secretariat.post(f"{ONE}/publish", {})
    await browse.get(RESULTS)


async def test_publishing_before_the_freeze_posts_nothing(house: House) -> None:
    async with AsyncSession(house.engine) as session:
        with pytest.raises(OperatorError, match="freeze it first"):
            await versions.publish(session, house.application.api.state.documents, SLUG, house.clock())
    assert await kept(house) == []


async def test_only_the_secretariat_and_administrators_post_and_withdraw(house: House, secretariat: Reader) -> None:
    await drafted(house)
    for role in (Role.MODERATOR, Role.MEMBER):
        async with at_the_desk(house, role) as desk:
            page = await desk.get(VERSIONS)
            assert 'name="number"' not in page
            assert "withdraw" not in page
            await desk.post(VERSIONS, {"number": "2", "kind": "final"}, status=403)
            await desk.post(f"{VERSIONS}/1/withdraw", {"reason-en": "No"}, status=403)
    assert len(await kept(house)) == 1


async def test_bytes_that_were_changed_in_the_database_are_found(house: House, secretariat: Reader) -> None:
    await drafted(house)
    async with AsyncSession(house.engine, expire_on_commit=False) as session:
        (version,) = await versions.all_versions(session, house.consultation.id)
        file = await versions.file_of(session, version, "ru", "docx")
        assert file is not None
        file.content += b"!"
        await session.commit()
        assert await versions.damaged_files(session) == [f"{version.id}/ru/docx"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_backup_holds_the_versions_byte_by_byte(
    house: House, secretariat: Reader, bare_database_url: str
) -> None:
    await drafted(house)
    folder = house.settings.data
    await back_up(house.engine, house.settings, folder / "all.zip")
    other = house.settings.model_copy(update={"data": folder / "other", "database_url": bare_database_url})
    (folder / "other").mkdir()
    engine = create_engine(bare_database_url)
    await restore(engine, other, folder / "all.zip")

    async def files(of: AsyncSession) -> dict[tuple[str, str], bytes]:
        return {(each.language, each.form): each.content for each in await of.scalars(select(PaperFile))}

    async with AsyncSession(engine) as restored, AsyncSession(house.engine) as session:
        assert await files(restored) == await files(session)
        assert await versions.damaged_files(restored) == []
    await engine.dispose()


async def test_the_desk_reads_the_paper_with_its_style(house: House, secretariat: Reader) -> None:
    response = await secretariat.client.get(f"{ONE}/paper/ar/paper.html")
    assert "style-src 'sha256-" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
