"""Help: the list of topics, and the text for a page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from devices import codes, levels
from devices import help as topics
from devices.models.rights import Right, may
from devices.views.access import PersonRequest


@require_GET
def help_page(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show the text of a topic or of the page named ``slug``; without one, all topics."""
    topic = topics.BY_NAME.get(slug)
    if slug and topic is None:
        raise Http404("There is no help of this name.")
    context = {"topic": topic, "groups": topics.groups(), "facts": topics.Facts()}
    return render(request, "help/topic.html" if topic else "help/index.html", context)


@require_GET
def help_code(request: PersonRequest, code: str) -> HttpResponse:
    """Show what one code of the catalogue means: why, what was sent, what to check, what to do."""
    found = codes.find(code)
    if found is None:
        raise Http404("There is no code of this name.")
    may_configure = may(request.user, Right.CONFIGURE)
    pages = {key.name: page.slug for page in levels.pages() for key in page.keys}
    keys = [
        (key, pages[key.name] if may_configure else "")
        for key in levels.declared()
        if key.name in found.settings
    ]
    others = [each for each in codes.declared() if each.group == found.group]
    context = {"code": found, "keys": keys, "others": others}
    return render(request, "help/code.html", context)
