"""What a client sends in a body: the arguments of a method, the properties of a Put."""

from typing import Any
from xml.etree.ElementTree import Element

from amt.constants import NS_ADDRESSING

from .envelope import Properties, Reference, Request, local_name, read_reference
from .resource import Arguments, Resource
from .soap_fault import SoapFault

ALWAYS_TOLERATED = frozenset({"ElementName", "InstanceID", "OwningEntity"})


def read_arguments(request: Request, method: str) -> Arguments:
    """Return a method's arguments; a repeated one is an array."""
    if request.body is None:
        return {}
    _expect(request.body, request.resource_uri, f"{method}_INPUT")
    return _children(request.body, request.resource_uri)


def read_properties(
    request: Request, resource: Resource, present: Properties, *, strict: bool
) -> dict[str, Any]:
    """Return what a Put changes.

    Raises:
        SoapFault: a name or a type that the class does not have, or, on strict firmware, another
            value for what may only be read.
    """
    if request.body is None:
        raise SoapFault("c:SchemaValidationError", "The body is empty.")
    _expect(request.body, request.resource_uri, resource.name)
    changed: dict[str, Any] = {}
    for name, values in _children(request.body, request.resource_uri).items():
        if name in resource.optional:
            changed[name] = _typed(name, values, resource.optional[name])
            continue
        if name not in present:
            raise SoapFault("c:SchemaValidationError", f"{name} is not known.")
        if name in resource.write_only:
            continue
        if name in resource.writable:
            changed[name] = _typed(name, values, present[name])
        elif strict and name not in ALWAYS_TOLERATED and not _is_same(values, present[name]):
            raise SoapFault("c:InvalidRepresentation", f"{name} may only be read.")
    return changed


def read_instance(request: Request) -> Arguments:
    """Return the properties of what is to be created."""
    if request.body is None:
        raise SoapFault("c:SchemaValidationError", "The body is empty.")
    _expect(request.body, request.resource_uri, request.class_name)
    return _children(request.body, request.resource_uri)


def _expect(element: Element, uri: str, name: str) -> None:
    if element.tag != f"{{{uri}}}{name}":
        raise SoapFault("c:SchemaValidationError", f"{name} of {uri} was expected.")


def _children(parent: Element, uri: str) -> dict[str, list[str | Reference]]:
    found: dict[str, list[str | Reference]] = {}
    for child in parent:
        if not child.tag.startswith(f"{{{uri}}}"):
            raise SoapFault("c:SchemaValidationError", f"{local_name(child)} is not known.")
        is_reference = child.find(f"{{{NS_ADDRESSING}}}ReferenceParameters") is not None
        values = found.setdefault(local_name(child), [])
        if is_reference:
            values.append(read_reference(child))
        elif len(child):  # the Go library wraps the members of an array once more
            values += [(one.text or "").strip() for one in child]
        else:
            values.append((child.text or "").strip())
    return found


def _typed(name: str, values: list[str | Reference], like: object) -> Any:
    if isinstance(like, (list, tuple)):
        return [_one(name, value, like[0] if like else "") for value in values]
    if len(values) != 1:
        raise SoapFault("c:SchemaValidationError", f"{name} is there twice.")
    return _one(name, values[0], like)


def _one(name: str, value: str | Reference, like: object) -> Any:
    if isinstance(like, bool):
        if value not in ("true", "false", "1", "0"):
            raise SoapFault("c:SchemaValidationError", f"{name} must be true or false.")
        return value in ("true", "1")
    if isinstance(like, int):
        if not isinstance(value, str) or not value.isdecimal():
            raise SoapFault("c:SchemaValidationError", f"{name} must be a number.")
        return int(value)
    return value


def _is_same(values: list[str | Reference], present: object) -> bool:
    members = present if isinstance(present, (list, tuple)) else [present]
    return [str(value).lower() for value in values] == [str(one).lower() for one in members]
