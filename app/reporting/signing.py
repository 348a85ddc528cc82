"""Keeping a release with its signature, the keys that ever signed one, and whether what is kept is still what was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.reporting.models import KeptRelease, ReleaseKey
from app.reporting.release_file import digest
from app.reporting.signature import Keys, SignatureWrong, Signer, key_of
from app.settings import Settings


def signer_of(settings: Settings) -> Signer:
    return Signer(settings.master_secret(), settings.release_key)


async def keep_release(
    session: AsyncSession, settings: Settings, consultation_id: int, number: int, content: bytes, now: datetime
) -> KeptRelease:
    """The release is kept with its digest and signature, and its key with those that are published."""
    signer = signer_of(settings)
    kept = KeptRelease(
        consultation_id=consultation_id,
        number=number,
        made_at=now,
        digest=digest(content),
        content=content.decode(),
        signature=signer.sign(content),
    )
    session.add(kept)
    await publish_key(session, signer, now)
    return kept


async def publish_key(session: AsyncSession, signer: Signer, now: datetime) -> None:
    """The key stands among those that are published, for ever; also where another freeze puts it there meanwhile."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    kept = insert(ReleaseKey).values(key_id=signer.key_id, public_key=signer.public_key, made_at=now)
    await session.execute(kept.on_conflict_do_nothing())
    await session.flush()


async def keys_of(session: AsyncSession, settings: Settings) -> Keys:
    """Every key that may have signed a release here, the one in use first."""
    signer = signer_of(settings)
    rows = await session.scalars(select(ReleaseKey).order_by(ReleaseKey.made_at.desc(), ReleaseKey.key_id))
    return {signer.key_id: signer.public_key, **{row.key_id: row.public_key for row in rows}}


async def sign_those_of_before(session: AsyncSession, settings: Settings, now: datetime) -> int:
    """How many releases of before there were signatures have one now.

    Only once: where a key was ever published, a release without a signature is one that somebody put there.
    """
    if await session.scalar(select(ReleaseKey.key_id).limit(1)) is not None:
        return 0
    # Nothing is put into the tables of a new service: a backup can only be restored into empty ones.
    unsigned = (await session.scalars(select(KeptRelease).where(KeptRelease.signature == ""))).all()
    if not unsigned:
        return 0
    signer, signed = signer_of(settings), 0
    for kept in unsigned:
        content = kept.content.encode()
        if digest(content) == kept.digest:
            kept.signature = signer.sign(content)
            signed += 1
    await publish_key(session, signer, now)
    return signed


@dataclass(frozen=True)
class Condition:
    """Ids of kept releases: `changed` are not those of their digest, `unsigned` bear no signature of ours for their
    bytes. `foreign`: keys of another secret than the one in use, which signed some before."""

    changed: Sequence[int]
    unsigned: Sequence[int]
    foreign: Sequence[str]


async def condition_of_releases(session: AsyncSession, settings: Settings) -> Condition:
    """One release at a time is in memory."""
    keys = await keys_of(session, settings)
    secret = settings.master_secret()
    ours = {Signer(secret, number).key_id for number in range(1, settings.release_key + 1)}
    changed, unsigned, foreign = [], [], set()
    for number in (await session.scalars(select(KeptRelease.id).order_by(KeptRelease.id))).all():
        kept = await session.get_one(KeptRelease, number)
        content = kept.content.encode()
        if digest(content) != kept.digest:
            changed.append(number)
        try:
            key_id = key_of(content, kept.signature, keys)
        except SignatureWrong:
            unsigned.append(number)
        else:
            if key_id not in ours:
                foreign.add(key_id)
        session.expunge(kept)
    return Condition(changed, unsigned, sorted(foreign))
