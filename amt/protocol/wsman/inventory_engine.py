"""What a Management Engine is set to: network, control mode, TLS, certificates, power policy."""

from __future__ import annotations

import base64
import re

from cryptography import x509

from amt.constants import ControlMode, ProvisioningState
from amt.protocol.wsman.instance import Instance, Reference
from amt.protocol.wsman.inventory_text import (
    Answers,
    Facts,
    each,
    first,
    meaning,
    numbered,
    safely,
    text,
    whole,
    yes,
)

NO_MAC = "00-00-00-00-00-00"
REDIRECTION = {
    32768: "off",
    32769: "disk redirection",
    32770: "Serial over LAN",
    32771: "Serial over LAN and disk redirection",
}
KVM = {2: "on", 3: "off", 6: "on, not in use"}
CONSENT = {0: "not needed", 1: "for KVM", 0xFFFFFFFF: "for all redirection"}
SKU = {3: "AMT", 4: "Standard Manageability", 14: "corporate", 15: "consumer"}
CONTROL_MODES = {
    0: "not set up",
    int(ControlMode.CLIENT): "client control mode",
    int(ControlMode.ADMIN): "admin control mode",
}
STATES = {
    int(ProvisioningState.PRE): "not set up",
    int(ProvisioningState.IN): "waits to be set up",
    int(ProvisioningState.POST): "set up",
}
ENCRYPTIONS = {2: "WEP", 3: "TKIP", 4: "CCMP", 5: "none"}
WIFI_SIGN_INS = {
    2: "open",
    3: "shared key",
    4: "WPA-PSK",
    5: "WPA-802.1X",
    6: "WPA2-PSK",
    7: "WPA2-802.1X",
    32768: "WPA3-SAE",
}
SCHEME, IS_CURRENT = "AMT_SystemPowerScheme", 1
POLICY = "Power policy"
WHILE_OFF = re.compile(r"S4-5|S4/S5|S5")


def engine_facts(answers: Answers) -> Facts:
    """Return the sections about the Management Engine."""
    return {
        **numbered("Network port", _ports(answers)),
        **numbered("Wi-Fi", each(answers, "CIM_WiFiEndpointSettings", _wifi)),
        "Management Engine": safely(_engine, answers),
        **numbered("Certificate", each(answers, "AMT_PublicKeyCertificate", _certificate)),
        "Firmware": safely(_firmware, answers),
        POLICY: safely(_policy, answers),
    }


def works_while_off(facts: Facts) -> bool | None:
    """Return whether AMT can be reached while the PC is off, None if nothing says so.

    The firmware names its power packages by the states of the PC in which the engine is on, or
    wakes by itself: "Mobile: ON in S0, ME Wake in S3, S4-5 (AC only)".
    """
    policy = facts.get(POLICY, {}).get("In use", "")
    return bool(WHILE_OFF.search(policy)) if policy else None


def _ports(answers: Answers) -> list[dict[str, str]]:
    return [
        {
            "Kind": "wireless" if "WLANLinkProtectionLevel" in port else "wired",
            "MAC address": text(port, "MACAddress"),
            "Address": text(port, "IPAddress"),
            "Subnet mask": text(port, "SubnetMask"),
            "Gateway": text(port, "DefaultGateway"),
            "DHCP": yes(port, "DHCPEnabled"),
            "Link is up": yes(port, "LinkIsUp"),
        }
        for port in answers.get("AMT_EthernetPortSettings", ())
        if text(port, "MACAddress") not in ("", NO_MAC)
    ]


def _wifi(found: Instance) -> dict[str, str]:
    return {
        "Profile": text(found, "ElementName"),
        "Network": text(found, "SSID"),
        "Sign-in": meaning(found, "AuthenticationMethod", WIFI_SIGN_INS),
        "Encryption": meaning(found, "EncryptionMethod", ENCRYPTIONS),
        "Priority": text(found, "Priority"),
    }


def _engine(answers: Answers) -> dict[str, str]:
    general = first(answers, "AMT_GeneralSettings")
    remote = [
        one for one in answers.get("AMT_TLSSettingData", ()) if "802.3" in text(one, "InstanceID")
    ]
    return {
        "Host name": text(general, "HostName"),
        "Domain name": text(general, "DomainName"),
        "State": meaning(
            first(answers, "AMT_SetupAndConfigurationService"), "ProvisioningState", STATES
        ),
        "Control mode": meaning(
            first(answers, "IPS_HostBasedSetupService"), "CurrentControlMode", CONTROL_MODES
        ),
        "TLS": yes(remote[0], "Enabled") if remote else "",
        "TLS asks for a certificate": yes(remote[0], "MutualAuthentication") if remote else "",
        "Plain connections": yes(remote[0], "AcceptNonSecureConnections") if remote else "",
        "Redirection": meaning(
            first(answers, "AMT_RedirectionService"), "EnabledState", REDIRECTION
        ),
        "KVM": meaning(first(answers, "CIM_KVMRedirectionSAP"), "EnabledState", KVM),
        "User consent": meaning(first(answers, "IPS_OptInService"), "OptInRequired", CONSENT),
    }


def _certificate(found: Instance) -> dict[str, str]:
    return {
        "Subject": text(found, "Subject"),
        "Issuer": text(found, "Issuer"),
        "Trusted root": yes(found, "TrustedRootCertficate"),  # misspelt by firmware
        "Valid until": _valid_until(found.get("X509Certificate")),
    }


def _valid_until(value: object) -> str:
    try:
        der = value if isinstance(value, bytes) else base64.b64decode(str(value or ""))
        return f"{x509.load_der_x509_certificate(der).not_valid_after_utc:%Y-%m-%d}"
    except (ValueError, x509.InvalidVersion):  # of base64, too
        return ""


def _firmware(answers: Answers) -> dict[str, str]:
    parts = {
        text(part, "InstanceID"): text(part, "VersionString")
        for part in answers.get("CIM_SoftwareIdentity", ())
    }
    if (sku := parts.get("Sku", "")).isdecimal() and len(sku) < 10:
        bits = [name for bit, name in SKU.items() if int(sku) >> bit & 1]
        parts["Sku"] = f"{sku} ({', '.join(bits)})" if bits else sku
    return parts


def _policy(answers: Answers) -> dict[str, str]:
    """Return the power package in use, and those to choose from, in the firmware's words."""
    offered = {text(one, "InstanceID"): text(one, "Description") for one in answers.get(SCHEME, ())}
    used = [
        offered.get(_scheme_of(one), "")
        for one in answers.get("CIM_ElementSettingData", ())
        if whole(one, "IsCurrent") == IS_CURRENT
    ]
    return {
        "In use": next(filter(None, used), ""),
        "Offered": "; ".join(filter(None, offered.values())),
    }


def _scheme_of(setting: Instance) -> str:
    of = setting.get("SettingData")
    if not isinstance(of, Reference) or of.class_name != SCHEME:
        return ""
    return str(of.selectors.get("InstanceID", ""))
