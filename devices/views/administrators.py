"""Configuration > Administrators: who may sign in, and what they may do where."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.administrators import AddPersonForm, PersonForm, RoleForm, RoleInFolderForm
from devices.models import Assignment, AuditEntry, User
from devices.models.rights import Right
from devices.paging import paginate
from devices.services import people, roles
from devices.views.access import PersonRequest, needs_zone_right

ORDERS = {"name": ["username"], "last": ["last_login"], "state": ["is_active", "username"]}
administrators_only = needs_zone_right(Right.ADMINISTRATE)


@administrators_only
@require_GET
def administrators(request: PersonRequest) -> HttpResponse:
    """List the accounts with their roles."""
    found = User.objects.prefetch_related("assignments__folder")
    if text := request.GET.get("q", "").replace("\0", "").strip():
        found = found.filter(username__icontains=text)
    page = paginate(found, request.GET, orders=ORDERS, default="name")
    return render(request, "devices/administrators.html", {"page": page, "q": text})


@administrators_only
@require_http_methods(["GET", "POST"])
def new_administrator(request: PersonRequest) -> HttpResponse:
    """Add an account and show its sign-in link, once."""
    form = AddPersonForm(request.POST or None)
    if form.is_valid():
        user = people.add_person(**form.cleaned_data, by=request.user)
        return show_link(request, user, people.invite(user=user, by=request.user))
    status = 422 if form.errors else 200
    return render(request, "devices/new_administrator.html", {"form": form}, status=status)


def show_link(request: PersonRequest, user: User, path: str) -> HttpResponse:
    """Show a link that an administrator hands over; it is never shown again."""
    context = {"person": user, "link": request.build_absolute_uri(path)}
    return render(request, "devices/person_link.html", context)


@administrators_only
@require_GET
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one account: its roles, what it may really do, what was done to it."""
    return person_page(request, get_object_or_404(User, pk=pk))


def person_page(request: PersonRequest, user: User, refused: str = "") -> HttpResponse:
    """Draw the page of an account, with the reason if something was refused."""
    entries = AuditEntry.objects.filter(target_type="user", target_id=str(user.pk))
    context = {
        "person": user,
        "assignments": user.assignments.select_related("folder").order_by("folder__path"),
        "reach": roles.reach_of(user),
        "entries": entries[:10],
        "refused": refused,
    }
    return render(request, "devices/person.html", context, status=422 if refused else 200)


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the names of an account."""
    user = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, instance=user)
    if form.is_valid():
        people.rename_person(user=user, by=request.user, **form.cleaned_data)
        return go_to(user)
    status = 422 if form.errors else 200
    return render(request, "devices/_edit_person.html", {"form": form}, status=status)


def go_to(user: User) -> HttpResponse:
    """Leave a dialog for the page of the account."""
    return HttpResponseClientRedirect(reverse("devices:person", args=[user.pk]))


@administrators_only
@require_POST
def disable_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep somebody from signing in, unless it is the last Administrator."""
    user = get_object_or_404(User, pk=pk)
    try:
        people.disable_person(user=user, by=request.user)
    except ValidationError as error:
        return person_page(request, get_object_or_404(User, pk=pk), " ".join(error.messages))
    messages.success(request, f"{user} is disabled and signed out.")
    return redirect("devices:person", pk)


@administrators_only
@require_POST
def enable_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Let somebody sign in again."""
    user = get_object_or_404(User, pk=pk)
    people.enable_person(user=user, by=request.user)
    messages.success(request, f"{user} may sign in again.")
    return redirect("devices:person", pk)


@administrators_only
@require_POST
def reset_person(request: PersonRequest, pk: int) -> HttpResponse:
    """End somebody's password and sessions, and show the link to choose a new one."""
    user = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    return show_link(request, user, people.reset_person(user=user, by=request.user))


@administrators_only
@require_http_methods(["GET", "POST"])
def assign_role(request: PersonRequest, pk: int) -> HttpResponse:
    """Give somebody a role in a folder."""
    user = get_object_or_404(User, pk=pk)
    return role_dialog(request, user, RoleInFolderForm(request.POST or None))


@administrators_only
@require_http_methods(["GET", "POST"])
def change_role(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the role that somebody holds in a folder."""
    row = get_object_or_404(Assignment.objects.select_related("user", "folder"), pk=pk)
    form = RoleForm(request.POST or None, initial=RoleForm.initial_of(row))
    return role_dialog(request, row.user, form, row)


def role_dialog(
    request: PersonRequest, user: User, form: RoleForm, row: Assignment | None = None
) -> HttpResponse:
    """Show the form, or do what it says and go back to the account."""
    if form.is_valid():
        values = {"folder": row.folder} if row else {}
        try:
            roles.assign_role(user=user, by=request.user, **{**values, **form.cleaned_data})
            return go_to(user)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "person": user, "assignment": row}
    status = 422 if form.errors else 200
    return render(request, "devices/_assign_role.html", context, status=status)


@administrators_only
@require_POST
def remove_role(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a role away, unless its holder is the last Administrator."""
    row = get_object_or_404(Assignment.objects.select_related("user", "folder"), pk=pk)
    user = row.user
    try:
        roles.remove_role(assignment=row, by=request.user)
    except ValidationError as error:
        return person_page(request, get_object_or_404(User, pk=user.pk), " ".join(error.messages))
    messages.success(request, f"{user} no longer has a role in {row.folder}.")
    return redirect("devices:person", user.pk)
