from django.urls import path

from vault.views import credentials, editing, lookup

app_name = "vault"
urlpatterns = [
    path("", credentials.credentials, name="credentials"),
    path("panel/", credentials.panel, name="panel"),
    path("new/", editing.new, name="new"),
    path("lookup/", lookup.lookup, name="lookup"),
    path("chosen/<slug:what>/", editing.chosen, name="chosen"),
    path("secrets/<uuid:pk>/activate/", editing.activate, name="activate"),
    path("secrets/<uuid:pk>/retire/", editing.retire, name="retire"),
    path("<uuid:pk>/", credentials.credential, name="credential"),
    path("<uuid:pk>/where-used/", credentials.where_used, name="where_used"),
    path("<uuid:pk>/edit/", editing.edit, name="edit"),
    path("<uuid:pk>/password/", editing.change_password, name="change_password"),
    path("<uuid:pk>/delete/", editing.delete, name="delete"),
]
