"""Receipt codes: the only way back, and the only way to erase."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.submissions.receipts import ALPHABET, LENGTH, ReceiptKeys, as_typed, in_groups
from tests.application import NOON, House, Reader
from tests.submissions.test_journey_pages import BASE, answer_all, code_on

keys = ReceiptKeys(b"a" * 32, b"b" * 32)


@given(st.binary(min_size=16, max_size=16))
def test_a_code_is_read_back_however_it_is_typed(send_key: bytes) -> None:
    code = keys.code(send_key)
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert as_typed(in_groups(code).lower().replace(" ", " - ")) == code
    assert keys.code(send_key) == code


def test_codes_have_at_least_sixty_random_bits() -> None:
    assert len(set(ALPHABET)) ** LENGTH > 2**60
    assert not set(ALPHABET) & set("01ILOU")


async def test_the_holder_sees_exactly_what_was_sent_and_erases_it(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    code = code_on(await browse.follow())
    async with house.reader() as later:
        await later.get("/ar/receipt")
        page = await later.post("/ar/receipt", {"code": f" {code.lower()} ", "go": "see"}, status=200)
        assert "Choice 1 (ar)؛ Choice 3 (ar)" in page
        assert "Ask &lt;them&gt; &amp; me" in page
        await later.post("/ar/receipt", {"code": code, "go": "erase"}, status=200)
        assert await house.submissions() == []
        await later.post("/ar/receipt", {"code": code, "go": "see"}, status=422)


async def test_a_wrong_code_and_an_erased_one_get_the_same_page(house: House, browse: Reader) -> None:
    wrong = await browse.post("/en/receipt", {"code": "AAAA BBBB CCCC DDDD", "go": "see"}, status=422)
    assert await browse.post("/en/receipt", {"code": "", "go": "erase"}, status=422) == wrong
    assert await browse.post("/en/receipt", {}, status=422) == wrong


async def test_after_the_freeze_the_page_says_that_totals_stay(house: House, browse: Reader) -> None:
    await answer_all(browse)
    await browse.post(f"{BASE}/send", {"go": "send"})
    code = code_on(await browse.follow())
    await house.change(frozen_at=NOON)
    house.clock.now = NOON + timedelta(days=10)
    page = await browse.post("/en/receipt", {"code": code, "go": "see"}, status=200)
    assert "published totals stay" in page
    await browse.post("/en/receipt", {"code": code, "go": "erase"}, status=200)
    assert await house.submissions() == []
