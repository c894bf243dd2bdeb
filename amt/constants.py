"""Numbers and addresses of the AMT protocols: all that console and simulator share.

Enums and URIs only, no functions: a mistake made once must not be made on both sides.
"""

from enum import IntEnum, StrEnum

PORT_HTTP = 16992
PORT_HTTPS = 16993
PORT_RMCP = 623
PORT_HELLO = 9971  # of the console, where devices say hello
PORT_REDIRECTION = 16994
PORT_REDIRECTION_TLS = 16995

NS_SOAP = "http://www.w3.org/2003/05/soap-envelope"
NS_SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
NS_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
NS_WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
NS_ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
NS_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
NS_CIM_COMMON = "http://schemas.dmtf.org/wbem/wscim/1/common"
NS_CIM_BINDING = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
NS_IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
NS_EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
NS_TRUST = "http://schemas.xmlsoap.org/ws/2005/02/trust"
NS_SECEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
NS_XSI = "http://www.w3.org/2001/XMLSchema-instance"
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

# Live alerts (WS-Eventing): how they are delivered, and how the device signs in to the listener
DELIVERY_PUSH = f"{NS_EVENTING}/DeliveryModes/Push"
DELIVERY_PUSH_WITH_ACK = "http://schemas.dmtf.org/wbem/wsman/1/wsman/PushWithAck"
ACTION_EVENT = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Event"
ACTION_ACK = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack"
PROFILE_DIGEST = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest"
USERNAME_PROFILE = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
    "#UsernameToken"
)
PASSWORD_TEXT = f"{NS_SECEXT}#PasswordText"
LONGEST_LISTENER = 253  # characters of the address that events go to

BASE_AMT = "http://intel.com/wbem/wscim/1/amt-schema/1/"
BASE_CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
BASE_IPS = "http://intel.com/wbem/wscim/1/ips-schema/1/"
BASE_EOI = "http://schemas.intel.com/platform/client/"  # the older SOAP interface, before AMT 9
INTEL_OEM = 343  # IANA enterprise number


class PowerState(IntEnum):
    """DMTF CIM_AssociatedPowerManagementService.PowerState, also what is requested."""

    OTHER = 1
    ON = 2
    SLEEP_LIGHT = 3
    SLEEP_DEEP = 4
    CYCLE_SOFT = 5
    OFF_HARD = 6
    HIBERNATE = 7
    OFF_SOFT = 8
    CYCLE_HARD = 9
    MASTER_BUS_RESET = 10
    DIAGNOSTIC_INTERRUPT = 11
    OFF_SOFT_GRACEFUL = 12
    OFF_HARD_GRACEFUL = 13
    MASTER_BUS_RESET_GRACEFUL = 14
    CYCLE_SOFT_GRACEFUL = 15
    CYCLE_HARD_GRACEFUL = 16
    DIAGNOSTIC_INTERRUPT_INIT = 17


class OsPowerSavingState(IntEnum):
    """IPS_PowerManagementService.OSPowerSavingState; absent while the host is off."""

    UNKNOWN = 0
    UNSUPPORTED = 1
    FULL_POWER = 2
    POWER_SAVING = 3


class ReturnValue(IntEnum):
    """What CIM_PowerManagementService.RequestPowerStateChange answers."""

    OK = 0
    NOT_SUPPORTED = 1
    NOT_NOW = 2  # "unknown error": AMT's answer for what is not possible in the present state
    TIMED_OUT = 3
    FAILED = 4
    INVALID_PARAMETER = 5
    IN_USE = 6
    JOB_STARTED = 4096
    INVALID_TRANSITION = 4097
    TIMEOUT_NOT_SUPPORTED = 4098
    BUSY = 4099


class BootTarget(StrEnum):
    """Where the next boot, and only the next, may be told to go."""

    PXE = "pxe"
    BIOS = "bios"
    DISK = "disk"
    CD = "cd"


class ProvisioningState(IntEnum):
    """AMT_SetupAndConfigurationService.ProvisioningState."""

    PRE = 0
    IN = 1
    POST = 2


class ControlMode(IntEnum):
    """IPS_HostBasedSetupService.CurrentControlMode (AMT 6.1 and newer)."""

    NOT_SET_UP = 0
    CLIENT = 1
    ADMIN = 2


class RemoteControlCommand(IntEnum):
    """RemoteControl.Command of the older SOAP interface; ASF's message types."""

    RESET = 16
    POWER_UP = 17
    POWER_DOWN = 18
    POWER_CYCLE = 19


class SpecialCommand(IntEnum):
    """RemoteControl.SpecialCommand: what the next boot is to do."""

    NONE = 0
    PXE = 1
    HARD_DRIVE = 2
    HARD_DRIVE_SAFE_MODE = 3
    DIAGNOSTICS = 4
    CD_DVD = 5
    INTEL_OEM = 0xC1  # OEMparameters 1: BIOS setup


class SystemPowerState(IntEnum):
    """RemoteControl.GetSystemPowerState, the low four bits: ACPI's own numbers."""

    S0 = 0
    S1 = 1
    S2 = 2
    S3 = 3
    S4 = 4
    S5 = 5
    S4_OR_S5 = 6
    MECHANICAL_OFF = 7


class PtStatus(IntEnum):
    """What AMT's own methods and the older SOAP interface return, as far as we have words."""

    SUCCESS = 0
    INTERNAL_ERROR = 1
    NOT_READY = 2
    INVALID_PT_MODE = 3
    NOT_PERMITTED = 16
    MAX_LIMIT_REACHED = 23
    AUTHENTICATION_FAILED = 25
    UNSUPPORTED_VERSION = 29
    INVALID_PROVISIONING_STATE = 32
    UNSUPPORTED_OBJECT = 33
    INVALID_TIME = 34
    INVALID_INDEX = 35
    INVALID_PARAMETER = 36
    FLASH_WRITE_LIMIT_EXCEEDED = 38
    DISABLED_BY_POLICY = 1024
    UNSUPPORTED_OEM_NUMBER = 2049
    UNSUPPORTED_BOOT_OPTION = 2050
    INVALID_COMMAND = 2051
    INVALID_SPECIAL_COMMAND = 2052
    INVALID_HANDLE = 2053
    UNSUPPORTED = 2066
    NOT_FOUND = 2068
    USER_CONSENT_REQUIRED = 2081
    OPERATION_IN_PROGRESS = 2082
