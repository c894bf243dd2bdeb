"""The inventory of the host: chassis, boards, processor, memory, disks, BIOS."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from ..device import Device
from ..envelope import Properties, Reference
from ..resource import DEVICE_KEYS, HOST, Resource

NOTEBOOK = 10  # of CIM_Chassis.PackageType
TAGGED = ("CreationClassName", "Tag")
CORE_I5, CORE_I7 = 205, 198
SODIMM, DIMM = 13, 9
DDR3, DDR4, DDR5 = 24, 26, 34


@dataclass(frozen=True, slots=True)
class Hardware:
    """One kind of PC; makers and models are invented."""

    chassis: str
    package_type: int
    board: str
    bios: str
    bios_date: datetime
    processor: str
    family: int
    mhz: int
    memory_type: int
    form_factor: int
    module_bytes: int
    modules: int
    memory_mhz: int
    disk_kilobytes: int


MAKER = "Example Computers"
KINDS = {
    "laptop-2013": Hardware(
        chassis="Practice Book 13",
        package_type=NOTEBOOK,
        board="PB13-01",
        bios="PB13.A21",
        bios_date=datetime(2014, 3, 18, tzinfo=UTC),
        processor="Intel(R) Core(TM) i5-4300U CPU @ 1.90GHz",
        family=CORE_I5,
        mhz=1900,
        memory_type=DDR3,
        form_factor=SODIMM,
        module_bytes=4 << 30,
        modules=2,
        memory_mhz=1600,
        disk_kilobytes=256_060_514,
    ),
    "desktop-2017": Hardware(
        chassis="Practice Tower 17",
        package_type=3,
        board="PT17-02",
        bios="PT17.1.44",
        bios_date=datetime(2018, 11, 6, tzinfo=UTC),
        processor="Intel(R) Core(TM) i7-7700 CPU @ 3.60GHz",
        family=CORE_I7,
        mhz=3600,
        memory_type=DDR4,
        form_factor=DIMM,
        module_bytes=8 << 30,
        modules=2,
        memory_mhz=2400,
        disk_kilobytes=500_107_862,
    ),
    "desktop-2022": Hardware(
        chassis="Practice Tower 22",
        package_type=3,
        board="PT22-01",
        bios="PT22.2.07",
        bios_date=datetime(2023, 5, 30, tzinfo=UTC),
        processor="13th Gen Intel(R) Core(TM) i7-13700",
        family=CORE_I7,
        mhz=2100,
        memory_type=DDR5,
        form_factor=DIMM,
        module_bytes=16 << 30,
        modules=2,
        memory_mhz=4800,
        disk_kilobytes=1_000_204_886,
    ),
}


def kind(device: Device) -> Hardware:
    """Return what PC the device sits in."""
    return KINDS[device.profile.hardware]


def is_portable(device: Device) -> bool:
    """Return whether it runs on a battery."""
    return kind(device).package_type == NOTEBOOK


def serial_number(device: Device, part: str) -> str:
    """Return a part's serial number: the same at each start, never all digits."""
    return "S" + hashlib.sha256(f"{device.address}/{part}".encode()).hexdigest()[:9].upper()


def _system_package(device: Device) -> list[Properties]:
    chassis = (("CreationClassName", "CIM_Chassis"), ("Tag", "CIM_Chassis"))
    system = (("CreationClassName", "CIM_ComputerSystem"), ("Name", HOST))
    return [
        {
            "Antecedent": Reference("CIM_Chassis", chassis),
            "Dependent": Reference("CIM_ComputerSystem", system),
            "PlatformGUID": device.uuid.bytes_le.hex().upper(),  # as SMBIOS orders the bytes
        }
    ]


def _chassis(device: Device) -> list[Properties]:
    hardware = kind(device)
    return [
        {
            "ChassisPackageType": 0,
            "CreationClassName": "CIM_Chassis",
            "ElementName": "Managed System Chassis",
            "Manufacturer": MAKER,
            "Model": hardware.chassis,
            "OperationalStatus": 0,
            "PackageType": hardware.package_type,
            "SerialNumber": serial_number(device, "chassis"),
            "Tag": "CIM_Chassis",
            "Version": "R1",
        }
    ]


def _card(device: Device) -> list[Properties]:
    return [
        {
            "CanBeFRUed": True,
            "CreationClassName": "CIM_Card",
            "ElementName": "Managed System Base Board",
            "Manufacturer": MAKER,
            "Model": kind(device).board,
            "OperationalStatus": 0,
            "PackageType": 9,
            "SerialNumber": serial_number(device, "board"),
            "Tag": "CIM_Card",
            "Version": "R1",
        }
    ]


def _bios(device: Device) -> list[Properties]:
    hardware = kind(device)
    return [
        {
            "ElementName": "Primary BIOS",
            "Manufacturer": MAKER,
            "Name": "Primary BIOS",
            "OperationalStatus": 0,
            "PrimaryBIOS": True,
            "ReleaseDate": hardware.bios_date,
            "SoftwareElementID": hardware.bios,
            "SoftwareElementState": 2,
            "TargetOperatingSystem": 66,
            "Version": hardware.bios,
        }
    ]


def _bios_feature(device: Device) -> list[Properties]:
    return [
        {
            "Characteristics": [7, 11, 12, 27, 28, 29, 31],
            "ElementName": "Primary BIOS Features",
            "IdentifyingNumber": serial_number(device, "chassis"),
            "Name": "Primary BIOS Features",
            "OperationalStatus": 0,
            "ProductName": kind(device).chassis,
            "Vendor": MAKER,
            "Version": "R1",
        }
    ]


def _processor(device: Device) -> list[Properties]:
    hardware = kind(device)
    return [
        {
            "CPUStatus": 1,
            "CreationClassName": "CIM_Processor",
            "CurrentClockSpeed": hardware.mhz,
            "DeviceID": "CPU 0",
            "ElementName": "Managed System CPU",
            "EnabledState": 2,
            "ExternalBusClockSpeed": 100,
            "Family": hardware.family,
            "HealthState": 0,
            "MaxClockSpeed": hardware.mhz,
            "OperationalStatus": 0,
            "OtherFamilyDescription": "",
            "RequestedState": 12,
            "Role": "Central",
            "Stepping": "3",
            "SystemCreationClassName": "CIM_ComputerSystem",
            "SystemName": HOST,
            "UpgradeMethod": 1,
        }
    ]


def _chips(device: Device) -> list[Properties]:
    hardware = kind(device)
    processor: Properties = {
        "CanBeFRUed": True,
        "CreationClassName": "CIM_Chip",
        "ElementName": "Managed System Processor Chip",
        "Manufacturer": "Intel(R) Corporation",
        "OperationalStatus": 0,
        "Tag": "CPU 0",
        "Version": hardware.processor,
    }
    return [processor, *(_memory_chip(device, index) for index in range(hardware.modules))]


def _memory_chip(device: Device, index: int) -> Properties:
    serial = serial_number(device, f"memory {index}")
    return {
        "CanBeFRUed": True,
        "CreationClassName": "CIM_Chip",
        "ElementName": "Managed System Memory Chip",
        "Manufacturer": "859B",
        "OperationalStatus": 0,
        "SerialNumber": serial,
        "Tag": serial,
    }


def _memory(device: Device) -> list[Properties]:
    hardware = kind(device)
    return [
        {
            "BankLabel": f"BANK {2 * index}",
            "Capacity": hardware.module_bytes,
            "ConfiguredMemoryClockSpeed": hardware.memory_mhz,
            "CreationClassName": "CIM_PhysicalMemory",
            "ElementName": "Managed System Memory Chip",
            "FormFactor": hardware.form_factor,
            "IsSpeedInMhz": True,
            "Manufacturer": "859B",
            "MaxMemorySpeed": hardware.memory_mhz,
            "MemoryType": hardware.memory_type,
            "PartNumber": f"EX{hardware.module_bytes >> 30}G{hardware.memory_mhz}   ",
            "SerialNumber": serial_number(device, f"memory {index}"),
            "Speed": 0,
            "Tag": serial_number(device, f"memory {index}"),
        }
        for index in range(hardware.modules)
    ]


def _disks(device: Device) -> list[Properties]:
    return [
        {
            "Capabilities": [4, 10],
            "CreationClassName": "CIM_MediaAccessDevice",
            "DeviceID": "MEDIA DEV 0",
            "ElementName": "Managed System Media Access Device",
            "EnabledDefault": 2,
            "EnabledState": 0,
            "MaxMediaSize": kind(device).disk_kilobytes,
            "OperationalStatus": 0,
            "RequestedState": 12,
            "Security": 2,
            "SystemCreationClassName": "CIM_ComputerSystem",
            "SystemName": HOST,
        }
    ]


def _batteries(device: Device) -> list[Properties]:
    if not is_portable(device):
        return []
    return [
        {
            "BatteryStatus": 2,
            "Chemistry": 6,
            "CreationClassName": "CIM_Battery",
            "DesignCapacity": 48_000,
            "DesignVoltage": 11_100,
            "DeviceID": "Battery 0",
            "ElementName": "Managed System Battery",
            "SystemCreationClassName": "CIM_ComputerSystem",
            "SystemName": HOST,
        }
    ]


def _systems(device: Device) -> list[Properties]:
    return [
        {
            "CreationClassName": "CIM_ComputerSystem",
            "ElementName": name,
            "EnabledState": 5,
            "Name": name,
            "RequestedState": 12,
        }
        for name in (HOST, "Intel(r) AMT")
    ]


CLASSES = (
    Resource("CIM_ComputerSystemPackage", ("Antecedent", "Dependent"), _system_package),
    Resource("CIM_ComputerSystem", ("CreationClassName", "Name"), _systems),
    Resource("CIM_Chassis", TAGGED, _chassis),
    Resource("CIM_Card", TAGGED, _card),
    Resource("CIM_BIOSElement", ("Name", "SoftwareElementID", "Version"), _bios),
    Resource("CIM_BIOSFeature", ("IdentifyingNumber", "Name", "Vendor", "Version"), _bios_feature),
    Resource("CIM_Processor", DEVICE_KEYS, _processor),
    Resource("CIM_Chip", TAGGED, _chips, one_per_pull=True),
    Resource("CIM_PhysicalMemory", TAGGED, _memory),
    Resource("CIM_MediaAccessDevice", DEVICE_KEYS, _disks),
    Resource("CIM_Battery", DEVICE_KEYS, _batteries),
)
