"""The link behind a sentence: what may be done next, for those who may do it."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse

from devices.codes import STEPS, Step

register = template.Library()


@register.inclusion_tag("devices/_next_step.html", takes_context=True)
def next_step(context: Context, item: Any) -> dict[str, Any]:
    """Draw the next step of a task's line; nothing where there is none, or not for this person."""
    step = STEPS.get(item.next_step)
    device = item.device_id
    if step is None or not device or (step.needs and not context.get(step.needs)):
        return {}
    return {"step": step, "device": device, "url": _address(step, item)}


def _address(step: Step, item: Any) -> str:
    """Return where a step leads; empty where the app above is not there, or nothing is named."""
    key = item.server_id if step.of == "server" else item.device_id
    args = [key, step.page] if step.page else [key]
    try:
        return reverse(step.url_name, args=args if step.how == "link" else [])
    except NoReverseMatch:
        return ""
