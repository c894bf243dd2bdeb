"""What real devices said is decoded whole: every property, every element of every array."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from amt.protocol.wsman.codec import Page, decode
from amt.protocol.wsman.instance import Instance, Reference
from amt.protocol.wsman.schema import schema
from tests.amt.protocol import captures

# Recorded classes whose properties our schema does not name: they come as a bag of text.
FAMILIES = (
    "CIM_AssociatedPowerManagementService",
    "CIM_PowerManagementService",
    "IPS_PowerManagementService",
    "CIM_PowerManagementCapabilities",
    "AMT_GeneralSettings",
    "CIM_SoftwareIdentity",
    "AMT_MessageLog",
    "AMT_SetupAndConfigurationService",
    "IPS_HostBasedSetupService",
    "CIM_ComputerSystemPackage",
    "AMT_BootCapabilities",
    "AMT_BootSettingData",
    "CIM_BootConfigSetting",
    "CIM_BootSourceSetting",
    "CIM_BootService",
    "AMT_EthernetPortSettings",
    "AMT_RedirectionService",
    "AMT_TLSSettingData",
    "CIM_Chassis",
    "CIM_Card",
    "CIM_BIOSElement",
    "CIM_Processor",
    "CIM_PhysicalMemory",
    "CIM_MediaAccessDevice",
)
PATHS = captures.recorded()


@pytest.fixture(autouse=True)
def _recorded() -> None:
    captures.required()


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def said(element: etree._Element) -> Any:
    """Return what an element says, by reading the XML and nothing else."""
    if element.find("{*}ReferenceParameters") is not None:
        parameters = element.find("{*}ReferenceParameters")
        selectors = parameters.findall("{*}SelectorSet/{*}Selector")
        return (
            parameters.findtext("{*}ResourceURI").strip(),
            [(s.get("Name"), said_by(s)) for s in selectors],
            element.findtext("{*}Address") or "",
        )
    if len(element):
        return [(local(child), said(child)) for child in element]
    return element.text or ""


def said_by(selector: etree._Element) -> Any:
    nested = selector.find("{*}EndpointReference")
    return (selector.text or "") if nested is None else said(nested)


def agrees(value: Any, raw: Any) -> bool:
    """Return whether a decoded value says the same as the XML; text may have become a number."""
    if isinstance(value, Reference):
        uri, selectors, address = raw
        return (
            uri.rpartition("/")[2] == value.class_name
            and address == value.address
            and [name for name, _ in selectors] == list(value.selectors)
            and all(agrees(value.selectors[name], text) for name, text in selectors)
        )
    if isinstance(value, bool):
        return raw.strip() in (("true", "1") if value else ("false", "0"))
    if isinstance(value, int):
        return str(value) == raw.strip()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode() == raw
    if isinstance(value, datetime):
        return raw[0][0] == "Datetime" and datetime.fromisoformat(raw[0][1]) == value
    if isinstance(value, timedelta):
        return raw[0][0] == "Interval"
    if isinstance(value, dict):
        flat = [
            (name, one)
            for name, found in value.items()
            for one in (found if isinstance(found, tuple) else (found,))
        ]
        return len(flat) == len(raw) and all(
            any(name == key and agrees(one, text) for key, text in raw) for name, one in flat
        )
    return value == raw


def decoded(path: Any) -> list[Instance | Reference]:
    answer = decode(path.read_bytes())
    if isinstance(answer, Page):
        return list(answer.items)
    return [] if answer is None else [answer]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(captures.FOLDER)))
def test_nothing_that_a_device_said_is_lost(path: Any) -> None:
    raw_objects = list(captures.objects(path))
    found = decoded(path)

    assert len(found) == len(raw_objects)
    for instance, raw in zip(found, raw_objects, strict=True):
        if isinstance(instance, Reference):
            assert agrees(instance, said(raw))
            continue
        assert instance.class_name == local(raw)
        assert list(instance) == list(dict.fromkeys(local(child) for child in raw))
        for name in instance:
            texts = [said(child) for child in raw if local(child) == name]
            values = instance.all(name)
            assert len(values) == len(texts), name
            for value, text in zip(values, texts, strict=True):
                assert value is not None, name
                assert agrees(value, text), (name, value, text)


@pytest.mark.parametrize("class_name", FAMILIES)
def test_the_classes_in_use_are_typed_and_have_no_unknown_property(class_name: str) -> None:
    found = [
        instance
        for path in PATHS
        for instance in decoded(path)
        if isinstance(instance, Instance) and instance.class_name == class_name
    ]

    assert found, "no recorded answer holds this class"
    assert {name for instance in found for name in instance.unknown} == set()


def test_every_value_that_fits_its_type_is_typed() -> None:
    loose = {
        (instance.class_name, name, value)
        for path in PATHS
        for instance in decoded(path)
        if isinstance(instance, Instance)
        for name in instance
        if name not in instance.unknown
        for value in instance.all(name)
        if isinstance(value, str) and value and is_typed(instance.class_name, name)
    }

    assert loose == {("GetUuid_OUTPUT", "UUID", "baduuid")}, "only the hand-made bad one"


def is_typed(class_name: str, name: str) -> bool:
    """Return whether our schema gives the property a type other than text."""
    return any(
        properties[name].type.name != "string"
        for tag, properties in schema().shapes.items()
        if tag.endswith("}" + class_name) and name in properties
    )


def test_every_recorded_method_of_the_classes_in_use_returns_a_number() -> None:
    outputs = [
        instance
        for path in PATHS
        for instance in decoded(path)
        if isinstance(instance, Instance) and instance.class_name.endswith("_OUTPUT")
    ]

    assert len(outputs) > 20
    assert all(isinstance(o.integer("ReturnValue"), int) for o in outputs if "ReturnValue" in o)
