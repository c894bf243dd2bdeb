"""Help: the list of topics, and the text for a page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from devices import help as topics


@require_GET
def help_page(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show the text of a topic or of the page named ``slug``; without one, all topics."""
    topic = topics.BY_NAME.get(slug)
    if slug and topic is None:
        raise Http404("There is no help of this name.")
    context = {"topic": topic, "groups": topics.groups(), "facts": topics.Facts()}
    return render(request, "help/topic.html" if topic else "help/index.html", context)
