"""User Comments (D27): the form at each page's foot, and the list under Configuration."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from devices.forms.comments import CommentForm
from devices.models import Comment
from devices.models.rights import Right
from devices.paging import paginate
from devices.services.comments import save_comment
from devices.views.access import PersonRequest, needs_zone_right


@require_http_methods(["GET", "POST"])
def comment(request: PersonRequest) -> HttpResponse:
    """Take a comment about a page."""
    form = CommentForm(request.POST or None, initial={"page": request.GET.get("page", "/")})
    if form.is_valid():
        save_comment(**form.cleaned_data, by=request.user)
        return thanks(request, form.cleaned_data["page"])
    template = "devices/_comment.html" if request.htmx else "devices/comment.html"
    return render(request, template, {"form": form}, status=422 if form.errors else 200)


def thanks(request: PersonRequest, page: str) -> HttpResponse:
    """Close the dialog, or go back to the page that was commented on."""
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "zcc:close")
    return redirect(page)


@needs_zone_right(Right.ADMINISTRATE)
@require_GET
def comments(request: PersonRequest) -> HttpResponse:
    """List the comments, newest first."""
    page = paginate(
        Comment.objects.all(), request.GET, orders={"number": ["id"]}, default="-number"
    )
    return render(request, "devices/comments.html", {"page": page})
