"""Writing down each use of an item (LIB-11)."""

from collections.abc import Iterable

from jiyue.core import clock
from jiyue.library.use.enums import UseWay
from jiyue.library.use.models import UseRecord
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.models import Channel

CHUNK_ROWS = 500  # of one INSERT


def record_use(
    *,
    resource_id: int,
    edition_id: int | None,
    way: UseWay,
    channel: Channel | None = None,
    unit: Organization | None = None,
    account: StaffAccount | None = None,
    interface: str = "",
) -> UseRecord:
    """Write down one use, in the caller's transaction.

    Args:
        resource_id: The item.
        edition_id: The public version that was used, where one was.
        way: How.
        channel: Where, if in a channel; its site is kept too.
        unit: Whoever used it.
        account: Who did it; None for the platform itself.
        interface: Name of the system that read it.

    Source: GL 八(二)3 (LIB-11): each use with site, channel, interface, user and time.
    """
    return UseRecord.objects.create(
        resource_id=resource_id,
        edition_id=edition_id,
        way=way,
        site_id=channel.site_id if channel else None,
        channel=channel,
        unit=unit,
        account=account,
        interface=interface,
        used_at=clock.now(),
    )


def record_placed(*, resource_id: int, edition_id: int, unit_id: int, channels: Iterable[Channel]) -> None:
    """Write down that an item came to stand in channels that its own unit chose; called by publishing."""
    now = clock.now()
    UseRecord.objects.bulk_create(
        UseRecord(
            resource_id=resource_id,
            edition_id=edition_id,
            way=UseWay.PLACED,
            site_id=channel.site_id,
            channel=channel,
            unit_id=unit_id,
            used_at=now,
        )
        for channel in channels
    )


def record_exported(
    *,
    editions: Iterable[tuple[int, int]],
    account: StaffAccount | None,
    unit: Organization | None,
    interface: str,
) -> None:
    """Write down that items were handed out, a few hundred in one statement.

    Args:
        editions: Pairs of item and public version.
        account: Who took them; None for a command.
        unit: On whose behalf.
        interface: Name of the standard or of the system.
    """
    now = clock.now()
    UseRecord.objects.bulk_create(
        (
            UseRecord(
                resource_id=resource_id,
                edition_id=edition_id,
                way=UseWay.EXPORTED,
                unit=unit,
                account=account,
                interface=interface,
                used_at=now,
            )
            for resource_id, edition_id in editions
        ),
        batch_size=CHUNK_ROWS,
    )
