"""Addresses of what is Intel AMT's own."""

from django.urls import path

from amt.views import (
    alerts,
    certificate_making,
    certificates,
    connection,
    discovery,
    discovery_tasks,
    doctor,
    home,
    inventory,
    inventory_export,
    onboarding,
    panel,
    provisioning,
    reconciliation,
    settings,
    setup_files,
    sign_in,
    zone_change,
)

CERTIFICATES = "configuration/certificates/"
INVENTORIES = "configuration/inventory/"
RECONCILIATION = "configuration/reconciliation/"

app_name = "amt"
urlpatterns = [
    path("devices/<int:pk>/amt/", settings.settings, name="settings"),
    path("devices/<int:pk>/amt/delete/", settings.delete, name="delete_settings"),
    path("devices/<int:pk>/amt/find-again/", settings.forget, name="find_again"),
    path("devices/<int:pk>/amt/use-again/", settings.use_again, name="use_again"),
    path("devices/<int:pk>/amt/confirm/", settings.confirm, name="confirm_identity"),
    path("devices/<int:pk>/amt/panel/", panel.panel, name="panel"),
    path("devices/<int:pk>/amt/test/", connection.test_device, name="test_device"),
    path("devices/<int:pk>/amt/test/result/", connection.test_result, name="test_result"),
    path("devices/<int:pk>/inventory/", inventory.inventory, name="inventory"),
    path("devices/<int:pk>/inventory/read/", inventory.read_device, name="read_inventory"),
    path("devices/<int:pk>/inventory.json", inventory.inventory_json, name="inventory_json"),
    path("devices/<int:pk>/inventory.csv", inventory.inventory_csv, name="inventory_csv"),
    path("amt/events/<uuid:token>/", alerts.event, name="alert_event"),
    path("devices/<int:pk>/alerts/subscribe/", alerts.subscribe_device, name="subscribe_alerts"),
    path(
        "devices/<int:pk>/alerts/unsubscribe/", alerts.unsubscribe_device, name="unsubscribe_alerts"
    ),
    path("amt/alerts/subscribe/", alerts.subscribe_selected, name="subscribe_selected"),
    path("amt/alerts/unsubscribe/", alerts.unsubscribe_selected, name="unsubscribe_selected"),
    path("devices/inventories.csv", inventory_export.inventories_csv, name="inventories_csv"),
    path("devices/inventories.json", inventory_export.inventories_json, name="inventories_json"),
    path("devices/discovered/", discovery.discovered, name="discovered"),
    path("devices/discovered/delete/", discovery.forget_discovered, name="forget_discovered"),
    path("devices/discovered/<int:pk>/", discovery.discovered_device, name="discovered_device"),
    path("devices/discovered/provision/", provisioning.provision, name="provision"),
    path("devices/discovered/rediscover/", discovery_tasks.rediscover, name="rediscover"),
    path("devices/discovered/add/", discovery_tasks.add_discovered, name="add_discovered"),
    path(INVENTORIES, inventory.inventories, name="inventories"),
    path(f"{INVENTORIES}start/", inventory.read_all, name="read_all_inventories"),
    path(RECONCILIATION, reconciliation.reconciliation, name="reconciliation"),
    path(f"{RECONCILIATION}start/", reconciliation.start, name="start_reconciliation"),
    path(f"{RECONCILIATION}<int:pk>/", reconciliation.run, name="reconciliation_run"),
    path(
        f"{RECONCILIATION}decisions/<int:pk>/take-back/",
        reconciliation.take_back,
        name="take_back_decision",
    ),
    path(f"{RECONCILIATION}<int:pk>/decide/", reconciliation.decide, name="decide_reconciled"),
    path("devices/discovery/", discovery_tasks.tasks, name="discovery_tasks"),
    path("devices/discovery/new/", discovery_tasks.new_task, name="new_discovery_task"),
    path("devices/discovery/<int:pk>/", discovery_tasks.task, name="discovery_task"),
    path(
        "devices/discovery/<int:pk>/delete/",
        discovery_tasks.delete_task,
        name="delete_discovery_task",
    ),
    path("devices/discovery/<int:pk>/run/", discovery_tasks.run_task, name="run_discovery_task"),
    path("devices/discovery/runs/<int:pk>/", discovery_tasks.run, name="discovery_run"),
    path(
        "devices/discovery/runs/<int:pk>/stop/", discovery_tasks.stop_run, name="stop_discovery_run"
    ),
    path("devices/unprovision/", provisioning.unprovision, name="unprovision"),
    path("devices/orphaned/", provisioning.orphaned, name="orphaned"),
    path("devices/orphaned/<int:pk>/close/", provisioning.close_orphan, name="close_orphan"),
    path("devices/orphaned/<int:pk>/manage/", provisioning.manage_orphan, name="manage_orphan"),
    path(
        "devices/discovered/<int:pk>/examine/", doctor.examine_discovered, name="examine_discovered"
    ),
    path("devices/import/", onboarding.csv_import, name="csv_import"),
    path("amt/test/", connection.test, name="test_connection"),
    path("amt/inventory/", inventory.read_selected, name="read_inventories"),
    path("amt/test-credential/", sign_in.test_credential, name="test_credential"),
    path("devices/<int:pk>/amt/try-again/", sign_in.try_again, name="try_again"),
    path(CERTIFICATES, certificates.certificates, name="certificates"),
    path(f"{CERTIFICATES}panel/", certificates.certificates_panel, name="certificates_panel"),
    path("amt/home/", home.notes, name="home_notes"),
    path(f"{CERTIFICATES}new/", certificate_making.create_certificate, name="create_certificate"),
    path(f"{CERTIFICATES}request/", certificate_making.create_request, name="create_request"),
    path(
        f"{CERTIFICATES}import/", certificate_making.import_certificate, name="import_certificate"
    ),
    path(f"{CERTIFICATES}hashes/", certificates.zone_hashes, name="zone_hashes"),
    path(f"{CERTIFICATES}card/<slug:kind>/", certificates.mebx_card, name="mebx_card"),
    path(f"{CERTIFICATES}setup-bin/", setup_files.setup_file, name="setup_file"),
    path(f"{CERTIFICATES}change/", zone_change.zone_change, name="zone_change"),
    path(f"{CERTIFICATES}<int:pk>/", certificates.certificate, name="certificate"),
    path(
        f"{CERTIFICATES}<int:pk>/delete/",
        certificates.delete_certificate,
        name="delete_certificate",
    ),
    path(
        f"{CERTIFICATES}<int:pk>/file/",
        certificates.download_certificate,
        name="download_certificate",
    ),
    path(
        f"{CERTIFICATES}requests/<int:pk>/file/",
        certificates.download_request,
        name="download_request",
    ),
    path(
        f"{CERTIFICATES}requests/<int:pk>/delete/",
        certificates.delete_request,
        name="delete_request",
    ),
]
