"""*Test credential*: one sign-in per device, and what the device said to it. Nothing is ordered."""

from collections.abc import Sequence
from itertools import groupby

from amt import connect, guard
from amt.models import CredentialTest
from amt.protocol.errors import AmtError, AmtNotSetUp
from amt.work.each_device import each_device, failed
from devices.models import JobItem
from devices.work import CarryOut, Outcome, Rows, run_items

AT_ONCE = 100  # devices of one worker task


def run_credential_items(item_pks: Sequence[int]) -> None:
    """Show a login to the device of each of ``item_pks``, once; the rows are the result."""
    reached: list[connect.Access] = []

    def prepare(items: list[JobItem]) -> CarryOut:
        accesses = _accesses(items)
        reached.extend(a for a in accesses.values() if isinstance(a, connect.Access))
        return each_device(accesses, sign_in)

    run_items(item_pks, prepare, at_once=AT_ONCE)
    connect.remember(reached)


def _accesses(items: list[JobItem]) -> dict[int, connect.Access | AmtError]:
    """Return the way to each device, with the login that its job tests."""
    jobs = {item.job_id for item in items}
    tests = {
        test.job_id: test
        for test in CredentialTest.objects.filter(job__in=jobs).select_related("secret__credential")
    }
    found: dict[int, connect.Access | AmtError] = {}
    for job, group in groupby(sorted(items, key=lambda item: item.job_id), lambda i: i.job_id):
        devices = [item.device for item in group if item.device]
        if test := tests.get(job):
            policy = guard.ONCE_MORE if test.once_more else guard.TASK
            found |= connect.accesses(devices, policy=policy, secret=test.secret)
        else:
            deleted = AmtNotSetUp(
                "The password to be tested was deleted meanwhile.", code="password-missing"
            )
            found |= {device.pk: deleted for device in devices}
    return found


async def sign_in(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
    """Return whether the device takes the login, or why it was not asked."""
    try:
        async with connect.Line(access) as line:
            session = await line.session()
            await session.check_login()
    except AmtError as error:
        if not access.is_accepted:  # a device may let us in and then fail at the question
            return failed(error)
    name = access.login.credential
    return Outcome(JobItem.Status.DONE, f"The device accepts credential {name}.")
