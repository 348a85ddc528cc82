"""Receipt codes: the only way back, and the only way to erase."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting import service as reporting
from app.reporting.snapshot import read_snapshot
from app.submissions.inbox import Inbox
from app.submissions.receipts import ALPHABET, LENGTH, ReceiptKeys, as_typed, in_groups
from app.submissions.retention import forget_order
from tests.application import NOON, House, Reader
from tests.samples import SLUG
from tests.submissions.test_inbox import row
from tests.submissions.test_journey_pages import BASE, answer_all, code_on, send_all

keys = ReceiptKeys(b"a" * 32, b"b" * 32)


@given(st.binary(min_size=16, max_size=16))
def test_a_code_is_read_back_however_it_is_typed(send_key: bytes) -> None:
    code = keys.code(send_key, "{}")
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert as_typed(in_groups(code).lower().replace(" ", " - ")) == code
    assert keys.code(send_key, "{}") == code
    assert keys.code(send_key, '{"B1":"2"}') != code


def test_codes_have_at_least_sixty_random_bits() -> None:
    assert len(set(ALPHABET)) ** LENGTH > 2**60
    assert not set(ALPHABET) & set("01ILOU")


async def test_the_holder_sees_exactly_what_was_sent_and_erases_it(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    code = code_on(await browse.follow())
    async with house.reader() as later:
        await later.get("/ar/receipt")
        await later.post("/ar/receipt", {"code": f" {code.lower()} "})
        page = await later.follow()
        assert "Choice 1 (ar)؛ Choice 3 (ar)" in page
        assert "Ask &lt;them&gt; &amp; me" in page
        assert code.replace(" ", "") not in page
        await later.post("/ar/receipt/answers", {"go": "erase"})
        assert "لم نعد نحتفظ" in await later.follow()
        assert await house.submissions() == []
        assert not later.client.cookies
        await later.post("/ar/receipt", {"code": code, "go": "see"}, status=422)


async def test_a_wrong_code_and_an_erased_one_get_the_same_page(house: House, browse: Reader) -> None:
    wrong = await browse.post("/en/receipt", {"code": "AAAA BBBB CCCC DDDD", "go": "see"}, status=422)
    # What was typed stays in its field; nothing else tells the two apart.
    wrong = wrong.replace("AAAA BBBB CCCC DDDD", "")
    assert await browse.post("/en/receipt", {"code": "", "go": "erase"}, status=422) == wrong
    assert await browse.post("/en/receipt", {}, status=422) == wrong


async def test_after_the_freeze_the_page_says_that_totals_stay(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    code = code_on(await browse.follow())
    await house.change(frozen_at=NOON)
    house.clock.now = NOON + timedelta(days=10)
    await browse.post("/en/receipt", {"code": code})
    assert "published totals stay" in await browse.follow()
    await browse.post("/en/receipt/answers", {"go": "erase"})
    assert await house.submissions() == []


async def test_the_looked_up_answers_are_gone_from_the_device_when_left_and_after_five_minutes(
    house: House, browse: Reader
) -> None:
    await send_all(browse)
    code = code_on(await browse.follow())
    async with house.reader() as later:
        await later.post("/en/receipt", {"code": code})
        await later.follow()
        await later.post("/en/receipt/answers", {"go": "leave"})
        assert later.led_to == "/en/"
        assert not later.client.cookies
        await later.get("/en/receipt/answers", status=303)
        await later.post("/en/receipt", {"code": code})
        house.clock.forward(minutes=6)
        await later.get("/en/receipt/answers", status=303)
        await later.post("/en/receipt/answers", {"go": "erase"})
        assert len(await house.submissions()) == 1
        await later.post("/en/receipt", {"code": code})
        await later.get("/en/exit", status=303)
        await later.get("/en/receipt/answers", status=303)


async def test_looking_up_a_code_keeps_the_answers_that_are_not_sent_yet(house: House, browse: Reader) -> None:
    await send_all(browse)
    code = code_on(await browse.follow())
    async with house.reader() as other:
        await answer_all(other)
        await other.post("/en/receipt", {"code": code})
        await other.follow()
        await other.post("/en/receipt/answers", {"go": "leave"})
        await other.get(f"{BASE}/check")


async def test_erasing_after_the_freeze_takes_the_row_out_of_the_snapshot(house: House) -> None:
    codes = []
    for _ in range(3):
        async with house.reader() as each:
            await send_all(each)
            codes.append(code_on(await each.follow()))
    await house.change(closes_at=NOON - timedelta(hours=2))
    async with AsyncSession(house.engine) as session:
        await reporting.freeze(session, house.settings, SLUG, NOON)
        await session.commit()
    path = reporting.snapshot_path(house.settings, SLUG)
    before = read_snapshot(path)
    async with house.reader() as later:
        await later.post("/en/receipt", {"code": codes[1]})
        await later.post("/en/receipt/answers", {"go": "erase"})
    assert read_snapshot(path).height == before.height - 1 == 2
    assert len(await house.submissions()) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_erased_words_are_in_no_file(house: House, browse: Reader, database_url: str) -> None:
    await send_all(browse)
    code = code_on(await browse.follow())
    files = list(Path(database_url.partition("///")[2]).parent.glob("consult-*.db*"))
    words = b"Ask <them> & me"
    assert any(words in each.read_bytes() for each in files)
    await browse.post("/en/receipt", {"code": code})
    await browse.post("/en/receipt/answers", {"go": "erase"})
    assert not any(words in each.read_bytes() for each in files if each.exists())


async def test_where_rows_lie_tells_no_order_of_arrival(house: House) -> None:
    inbox: Inbox = house.application.api.state.inbox
    sent = [row(house) for _ in range(300)]
    for each in sent:
        await inbox.send(each)
    await forget_order(house.engine)
    async with AsyncSession(house.engine) as session:
        by_place = {"sqlite": "", "postgresql": " ORDER BY ctid"}[house.engine.dialect.name]
        lying = [bytes(each) for each in await session.scalars(text(f"SELECT send_hash FROM submissions{by_place}"))]
    assert lying == sorted(each["send_hash"] for each in sent)
    if house.engine.dialect.name == "sqlite":
        async with AsyncSession(house.engine) as session:
            with pytest.raises(OperationalError, match="no such column"):
                await session.execute(text("SELECT rowid FROM submissions"))
