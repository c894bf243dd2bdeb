"""The out-of-band inventory as facts: section, name, text.

Odd answers never break it: a class that is absent, a property that is missing or of another type
leaves its fact out, or shows the text as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from amt.protocol.errors import AmtBadAnswer, AmtError, AmtFault, AmtReturnValue
from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.inventory_engine import engine_facts
from amt.protocol.wsman.inventory_host import host_facts
from amt.protocol.wsman.inventory_text import Answers, Facts
from amt.protocol.wsman.session import Session

SINGLE = (
    *("CIM_ComputerSystemPackage", "CIM_Chassis", "CIM_Card", "CIM_BIOSElement"),
    *("AMT_GeneralSettings", "AMT_SetupAndConfigurationService", "IPS_HostBasedSetupService"),
    *("AMT_RedirectionService", "CIM_KVMRedirectionSAP", "IPS_OptInService"),
)
MANY = (
    *("CIM_Chip", "CIM_Processor", "CIM_PhysicalMemory", "CIM_MediaAccessDevice", "CIM_Battery"),
    *("AMT_EthernetPortSettings", "CIM_WiFiEndpointSettings", "CIM_SoftwareIdentity"),
    *("AMT_SystemPowerScheme", "CIM_ElementSettingData"),
    *("AMT_TLSSettingData", "AMT_PublicKeyCertificate"),
)

MOST_INSTANCES = 300  # of a class
LONGEST_PROPERTY = 16_000  # characters; a certificate is the longest
LONGEST_NAME, LONGEST = 100, 500  # of a fact


async def read_facts(session: Session) -> Facts:
    """Return what the device tells of the PC and of itself.

    Raises:
        AmtFault: it tells nothing at all: the account may not read it.
        AmtError: the connection broke, or the login is not accepted; an absent class is no error.

    Source: amt-protocol.md 10.1.
    """
    answers: dict[str, Sequence[Instance]] = {}
    refused: AmtError | None = None
    for name in (*SINGLE, *MANY):
        try:
            answers[name] = [short(one) for one in await _all(session, name)]
        except AmtError as error:
            if not is_about_one_class(error):
                raise
            refused = error
    if refused and not answers:
        raise refused
    return facts_of(answers)


async def _all(session: Session, name: str) -> list[Instance]:
    if name in SINGLE:
        return [await session.get(name)]
    return await session.enumerate(name, max_instances=MOST_INSTANCES)


def short(one: Instance) -> Instance:
    """Return an instance without what is far too long to be true."""
    properties = {
        name: value[:LONGEST_PROPERTY] if isinstance(value, str | bytes) else value
        for name, value in one.properties.items()
    }
    return replace(one, properties=properties)


def is_about_one_class(error: AmtError) -> bool:
    """Return whether the device answered, and only what it was asked about is absent or odd."""
    is_odd = isinstance(error, AmtBadAnswer) and error.reason == "unexpected"
    return is_odd or isinstance(error, AmtFault | AmtReturnValue)


def facts_of(answers: Answers) -> Facts:
    """Return the facts in ``answers``; sections without any are left out."""
    sections = {**host_facts(answers), **engine_facts(answers)}
    told = {
        name: {key[:LONGEST_NAME]: text[:LONGEST] for key, text in facts.items() if text}
        for name, facts in sections.items()
    }
    return {name: facts for name, facts in told.items() if facts}


def flat(facts: Facts) -> dict[str, str]:
    """Return the texts by one name each: what two readings are compared by."""
    return {
        f"{section}: {name}": text
        for section, found in facts.items()
        for name, text in found.items()
    }
