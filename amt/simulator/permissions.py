"""Who may call what: most of a device's set-up is for its administrators (realm 3)."""

from .acl import ADMINISTRATION
from .device import Device
from .soap_fault import SoapFault

FOR_ADMINISTRATORS = frozenset(
    {
        "AMT_AuthorizationService",
        "AMT_EthernetPortSettings",
        "AMT_GeneralSettings",
        "AMT_PublicKeyCertificate",
        "AMT_PublicKeyManagementService",
        "AMT_PublicPrivateKeyPair",
        "AMT_SetupAndConfigurationService",
        "AMT_TLSCredentialContext",
        "AMT_TLSSettingData",
        "IPS_HostBasedSetupService",
    }
)


def require_administrator(device: Device, class_name: str) -> None:
    """Refuse a change of set-up by a user who has other realms only.

    Raises:
        SoapFault: access is denied.
    """
    if class_name not in FOR_ADMINISTRATORS:
        return
    entry = next((one for one in device.acl.values() if one.name == device.user), None)
    if entry is not None and ADMINISTRATION not in entry.realms:
        raise SoapFault("c:AccessDenied", "The sender was not authorized.")
