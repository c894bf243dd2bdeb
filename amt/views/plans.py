"""The page of a zone's plan: its schedule, OK and Apply (S94, S96), and what belongs to it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from amt.models import ZonePlan
from amt.services import plans
from devices.forms.schedules import RuleForm
from devices.schedules import Kind, Rule
from devices.views.access import PersonRequest

KINDS = (Kind.NONE, Kind.DATES, Kind.RECURRING)
LEAVE_TO = "devices:configuration"


def plan_page(
    request: PersonRequest, task: ZonePlan.Task, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Show a plan by ``template`` with ``context``, ``form`` and ``plan``; keep what is sent."""
    plan = plans.plan(task)
    rule = Rule.from_json(plan.rule)
    if request.method == "POST":
        form = RuleForm(request.POST, kinds=KINDS)
        if form.is_valid():
            plans.save_rule(task=task, rule=form.cleaned_data["rule"], by=request.user)
            messages.success(request, f"Saved: the schedule of {plan}.")
            return redirect(request.path if "apply" in request.POST else LEAVE_TO)
    else:
        form = RuleForm(initial=RuleForm.initial_of(rule), kinds=KINDS)
        form.show(rule)
    status = 422 if form.errors else 200
    return render(
        request,
        template,
        {"form": form, "plan": plan, "missed": plans.last_missed(plan), **context},
        status=status,
    )
