"""A device that shows another certificate or realm than before: noted, not followed (D26)."""

from collections.abc import Iterable

from amt.models import AmtSettings
from amt.protocol.errors import AmtCertificateChanged, AmtError, AmtRealmChanged
from devices.models import Device

CHANGED = "Certificate changed"  # the badge of Device.connection until a person confirms


def notice(
    failed: Iterable[tuple[AmtSettings, AmtError]], same: Iterable[AmtSettings] = ()
) -> None:
    """Keep what devices show now beside what is known, for a person to compare.

    ``same`` are the settings of all devices that were asked: where nothing else was shown, an
    older remark is taken back.
    """
    noticed = set()
    for row, error in failed:
        seen = _seen(error)
        if seen:
            noticed.add(row.pk)
            here = AmtSettings.objects.filter(pk=row.pk, address=row.address)
            if here.update(**seen) and "seen_pin" in seen:
                Device.objects.filter(pk=row.device_id).update(connection=CHANGED)
        elif not _has_answered(error):
            noticed.add(row.pk)  # silent: nothing was learned, the remark stays
    for row in same:
        if row.pk not in noticed and (row.seen_pin or row.seen_realm):
            AmtSettings.objects.filter(pk=row.pk).update(seen_pin="", seen_realm="")
            Device.objects.filter(pk=row.device_id).update(connection=row.tls_version)


def _seen(error: AmtError) -> dict[str, str]:
    if isinstance(error, AmtCertificateChanged):
        return {"seen_pin": error.observed}
    if isinstance(error, AmtRealmChanged):
        return {"seen_realm": error.observed}
    return {}


def _has_answered(error: AmtError) -> bool:
    """Return whether certificate and realm were seen and right before the error."""
    return error.code == "sign-in-refused"
