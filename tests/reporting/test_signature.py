"""The signature of a release: standard tools check it, and nothing that was changed passes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc import jwk, jws
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting import service as reporting
from app.reporting.models import KeptRelease, ReleaseKey
from app.reporting.release_file import digest, to_bytes
from app.reporting.signature import SignatureWrong, Signer, key_of, key_set, read_keys
from app.reporting.signing import condition_of_releases, keep_release, sign_those_of_before
from tests.application import House
from tests.reporting.test_results_pages import freeze, publish
from tests.submissions.test_journey_pages import BASE

CONTENT = '{"سنة":1}\n'.encode()
KEYS = "/.well-known/consult-release-keys.json"


def test_a_library_that_knows_nothing_of_us_checks_the_signature() -> None:
    signer = Signer(b"s" * 40)
    published = jwk.KeySet.import_key_set(json.loads(json.dumps(key_set({signer.key_id: signer.public_key}))))
    registry = jws.JWSRegistry(algorithms=["EdDSA"])
    found = jws.extract_compact(signer.sign(CONTENT).encode(), CONTENT, registry)
    assert jws.validate_compact(found, published, registry=registry)
    other = jws.extract_compact(signer.sign(CONTENT).encode(), CONTENT + b" ", registry)
    assert not jws.validate_compact(other, published, registry=registry)
    assert published.keys[0].thumbprint() == signer.key_id


def test_one_changed_byte_another_key_and_another_form_are_told_apart() -> None:
    signer, other = Signer(b"s" * 40), Signer(b"s" * 40, 2)
    keys = {signer.key_id: signer.public_key}
    signature = signer.sign(CONTENT)
    assert key_of(CONTENT, signature + "\n", keys) == signer.key_id
    assert signer.sign(CONTENT) == signature
    head, _, signed = signature.split(".")
    wrong = {
        "changed": [(CONTENT[:-1], signature), (CONTENT, f"{head}..{other.sign(CONTENT).split('.')[2]}")],
        "unknown": [(CONTENT, other.sign(CONTENT))],
        "form": [(CONTENT, ""), (CONTENT, f"{head}.e30.{signed}"), (CONTENT, f"e30..{signed}"), (CONTENT, "ä..ö")],
    }
    for code, each in wrong.items():
        for content, tried in each:
            with pytest.raises(SignatureWrong) as found:
                key_of(content, tried, keys)
            assert found.value.code == code


def test_a_key_cannot_bear_the_id_of_another() -> None:
    signer, other = Signer(b"s" * 40), Signer(b"t" * 40)
    forged = key_set({signer.key_id: other.public_key})
    assert read_keys(json.dumps(forged).encode()) == {other.key_id: other.public_key}
    with pytest.raises(ValueError, match="no Ed25519"):
        read_keys(b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"short"}]}')


async def test_every_release_is_there_with_its_signature_once_published(house: House) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    async with house.reader() as anybody:
        for file in ("release.json", "release.json.sig", "releases", "releases/1/release.json.sig"):
            await anybody.get(f"{BASE}/results/{file}", status=404)
    await publish(house)
    async with AsyncSession(house.engine) as session:
        first = reporting.read_release(await reporting.kept_release(session, "sample"))
        content = to_bytes(replace(first, number=2))
        await keep_release(session, house.settings, house.consultation.id, 2, content, house.clock.now)
        await session.commit()
    async with house.reader() as anybody:
        keys = read_keys((await anybody.client.get(KEYS)).content)
        for language in ("en", "ar"):
            base = f"/{language}/consultations/sample/results"
            for place in ("", "/releases/1", "/releases/2"):
                release = await anybody.client.get(f"{base}{place}/release.json")
                signature = await anybody.client.get(f"{base}{place}/release.json.sig")
                assert signature.headers["content-type"] == "application/jose"
                assert key_of(release.content, signature.text, keys) in keys
                assert json.loads(release.content)["number"] == (1 if place.endswith("1") else 2)
            page = await anybody.get(f"{base}/releases")
            assert f"{base}/releases/1/release.json.sig" in page
            assert digest(release.content) in page
            assert f"{base}/release.json.sig" in await anybody.get(base)
        for missing in ("releases/3/release.json", "releases/1/tables.csv", "releases/x/release.json"):
            await anybody.get(f"{BASE}/results/{missing}", status=404)


async def test_a_new_number_is_a_new_key_and_old_releases_stay_checkable(house: House) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    renewed = house.settings.model_copy(update={"release_key": 2})
    async with AsyncSession(house.engine) as session:
        await keep_release(session, renewed, house.consultation.id, 2, b"{}\n", house.clock.now)
        assert len((await session.scalars(select(ReleaseKey))).all()) == 2
        found = await condition_of_releases(session, renewed)
        assert (found.changed, found.unsigned, found.foreign) == ([], [], [])
        elsewhere = house.settings.model_copy(update={"secret": "t" * 40})
        assert len((await condition_of_releases(session, elsewhere)).foreign) == 2


async def test_what_was_changed_in_the_database_is_found_also_with_a_fitting_digest(house: House) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    await freeze(house)
    async with AsyncSession(house.engine) as session:
        kept = await reporting.kept_release(session, "sample")
        forged = kept.content.replace('"n":0', '"n":9')
        assert forged != kept.content
        await session.execute(
            update(KeptRelease)
            .values(content=forged, digest=digest(forged.encode()))
            .execution_options(synchronize_session=False)
        )
        session.expunge_all()
        found = await condition_of_releases(session, house.settings)
        assert (found.changed, found.unsigned) == ([], [kept.id])


async def test_releases_of_before_are_signed_once_and_never_again(house: House) -> None:
    house.clock.now = house.consultation.closes_at + timedelta(hours=1)
    async with AsyncSession(house.engine) as session:
        assert await sign_those_of_before(session, house.settings, house.clock.now) == 0
        assert (await session.scalars(select(ReleaseKey))).all() == []
        for number, claimed in ((1, digest(b"{}\n")), (2, "0" * 64)):
            session.add(
                KeptRelease(
                    consultation_id=house.consultation.id,
                    number=number,
                    made_at=house.clock.now,
                    digest=claimed,
                    content="{}\n",
                )
            )
        assert await sign_those_of_before(session, house.settings, house.clock.now) == 1
        found = await condition_of_releases(session, house.settings)
        assert len(found.changed) == len(found.unsigned) == 1
        assert await sign_those_of_before(session, house.settings, house.clock.now) == 0
