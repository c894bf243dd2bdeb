"""The parts of a request that depend on the device's object and not on a schema: by hand, lxml."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from lxml import etree

from amt.constants import (
    ANONYMOUS,
    NS_ADDRESSING,
    NS_CIM_COMMON,
    NS_ENUMERATION,
    NS_EVENTING,
    NS_SECEXT,
    NS_TRANSFER,
    NS_TRUST,
    NS_WSMAN,
    PASSWORD_TEXT,
    USERNAME_PROFILE,
)
from amt.protocol.wsman.instance import Reference, Value, resource_uri

ACTIONS = {
    **{verb: f"{NS_TRANSFER}/{verb}" for verb in ("Get", "Put", "Create", "Delete")},
    **{verb: f"{NS_ENUMERATION}/{verb}" for verb in ("Enumerate", "Pull", "Release")},
    **{verb: f"{NS_EVENTING}/{verb}" for verb in ("Subscribe", "Unsubscribe")},
}
OPERATION_TIMEOUT = "PT60S"  # firmware enforces 30 s at least
MESSAGE_ID = "@message-id@"  # stands in a rendered request until it is sent

ADDRESSING = f"{{{NS_ADDRESSING}}}"
WSMAN = f"{{{NS_WSMAN}}}"
TRUST, SECEXT = f"{{{NS_TRUST}}}", f"{{{NS_SECEXT}}}"

Selectors = Mapping[str, str | Reference]


def headers(operation: str, class_name: str, selectors: Selectors) -> list[etree._Element]:
    """Return the SOAP headers of a request; Identify has none."""
    if operation == "Identify":
        return []
    uri = resource_uri(class_name)
    reply_to = etree.Element(ADDRESSING + "ReplyTo")
    reply_to.append(leaf(ADDRESSING + "Address", ANONYMOUS))
    result = [
        leaf(ADDRESSING + "Action", ACTIONS.get(operation, f"{uri}/{operation}")),
        leaf(ADDRESSING + "To", "/wsman"),
        leaf(WSMAN + "ResourceURI", uri),
        leaf(ADDRESSING + "MessageID", MESSAGE_ID),
        reply_to,
        leaf(WSMAN + "OperationTimeout", OPERATION_TIMEOUT),
    ]
    return [*result, selector_set(selectors)] if selectors else result


def issued_tokens(username: str, password: str) -> etree._Element:
    """Return the header that tells a device how to sign in where it is to send events."""
    tokens = etree.Element(TRUST + "IssuedTokens", nsmap={"t": NS_TRUST, "se": NS_SECEXT})
    response = etree.SubElement(tokens, TRUST + "RequestSecurityTokenResponse")
    response.append(leaf(TRUST + "TokenType", USERNAME_PROFILE))
    token = etree.SubElement(
        etree.SubElement(response, TRUST + "RequestedSecurityToken"), SECEXT + "UsernameToken"
    )
    token.append(leaf(SECEXT + "Username", username))
    secret = etree.SubElement(token, SECEXT + "Password", Type=PASSWORD_TEXT)
    secret.text = password
    return tokens


def append_to_body(
    envelope: etree._Element, class_name: str, name: str, arguments: Mapping[str, Value]
) -> None:
    """Write an instance, or the input of a method that no WSDL of ours describes.

    By hand, because a Put gives back also what our schema does not know.
    """
    uri = resource_uri(class_name)
    element = etree.SubElement(envelope[-1], f"{{{uri}}}{name}", nsmap={"r": uri})
    for key, values in arguments.items():
        for value in values if isinstance(values, tuple | list) else (values,):
            write(etree.SubElement(element, f"{{{uri}}}{key}"), value)


def write(element: etree._Element, value: Value) -> None:
    """Put one value into its element, in the form AMT reads."""
    if isinstance(value, Reference):
        write_reference(element, value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif isinstance(value, bytes):
        element.text = base64.b64encode(value).decode()
    elif hasattr(value, "isoformat"):
        element.append(leaf(f"{{{NS_CIM_COMMON}}}Datetime", value.isoformat()))
    else:
        element.text = str(value)


def write_reference(element: etree._Element, value: Reference) -> None:
    element.append(leaf(ADDRESSING + "Address", value.address or ANONYMOUS))
    parameters = etree.SubElement(element, ADDRESSING + "ReferenceParameters")
    parameters.append(leaf(WSMAN + "ResourceURI", resource_uri(value.class_name)))
    parameters.append(selector_set(value.selectors))


def selector_set(selectors: Selectors) -> etree._Element:
    result = etree.Element(WSMAN + "SelectorSet")
    for name, value in selectors.items():
        selector = etree.SubElement(result, WSMAN + "Selector", Name=name)
        if isinstance(value, Reference):
            write_reference(etree.SubElement(selector, ADDRESSING + "EndpointReference"), value)
        else:
            selector.text = value
    return result


def leaf(tag: str, text: str) -> etree._Element:
    element = etree.Element(tag)
    element.text = text
    return element
