"""The containers, as far as they can be tried without an engine."""

import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.fixtures.services import free_port
from tests.ops import compose, console

OURS = ("migrate", "web", "worker", "dispatcher", "listener")
CODE = """
import json, os
from zcc import heartbeat, practice
from devices.services import people
record = practice.Record(*json.loads(os.environ["FLEET"]))
owner = people.make_owner(username="administrator", must_change_password=False)
practice.seed(record, heartbeat.of_this_site.refresh(), owner)
print(people.make_sign_in_link(owner))
"""


def test_compose_file_keeps_the_specification():
    checker = Path(sys.executable).with_name("check-jsonschema")
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([checker, *schema, compose.FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_without_privileges(name):
    service = compose.read()["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", [*OURS, "postgres", "redis"])
def test_no_service_runs_as_root_and_secrets_are_files(name):
    service = compose.read()["services"][name]
    dockerfile = (console.ROOT / "Dockerfile").read_text()
    assert service.get("user") or re.search(r"^USER 10001$", dockerfile.rpartition("FROM")[2], re.M)
    for variable in service.get("environment", {}):
        assert not re.search(r"(KEYS?|PASSWORD)$", variable), variable


@pytest.mark.parametrize("name", ["web", "worker", "dispatcher", "listener", "postgres", "redis"])
def test_services_are_restarted_and_watched(name):
    service = compose.read()["services"][name]
    assert service["restart"] == "unless-stopped"
    assert name == "web" or service["healthcheck"]["test"]  # web: the image's own


def test_image_copies_what_exists_and_only_that():
    words = re.findall(r"^COPY (?!--from)(\S+)", (console.ROOT / "Dockerfile").read_text(), re.M)
    ignored = (console.ROOT / ".dockerignore").read_text()
    for name in words:
        assert (console.ROOT / name).exists(), name
        assert f"!{name}\n" in ignored, name


@pytest.fixture
def here(tmp_path: Path, postgres_url: str, redis_url: str) -> compose.Here:
    """Return this machine in the role of the containers' host, secrets made by ./run."""
    for name in ("run", "manage.py"):
        shutil.copy(console.ROOT / name, tmp_path / name)
    subprocess.run([tmp_path / "run", "secrets"], check=True)
    return compose.Here(
        tmp_path,
        free_port(),
        {"ZCC_DATABASE_URL": postgres_url, "ZCC_BROKER_URL": redis_url},
        {"ZCC_HTTPS": "0"},
    )


@pytest.mark.services
@pytest.mark.timeout(400)
def test_quick_task_goes_through_the_commands_of_the_compose_file(here, fleet):
    pcs = fleet(3, profile="16.1")
    first, *_ = pcs
    address = f"http://127.0.0.1:{here.port}"
    with ExitStack() as running:
        migrate = running.enter_context(here.start("migrate"))
        assert migrate.process.wait(console.PATIENCE) == 0, migrate.said
        collect_static(here)
        started = {name: running.enter_context(here.start(name)) for name in OURS[1:]}
        console.until(lambda: console.is_ready(address), started["web"].log.read_text())
        link = seed(here, [first.spec.address, 3, first.spec.password])
        session = console.signed_in(address + link)

        page = order_of_all(session, address, "off")
        console.until(
            lambda: session.get(page + "csv/", timeout=20).text.count(",done,") == 3,
            f"{session.get(page + 'csv/', timeout=20).text}\n{started['worker'].said}",
        )
        assert [len(pc.orders) for pc in pcs] == [1, 1, 1]
        for name in ("worker", "dispatcher", "listener"):
            health = subprocess.run(
                here.health_command(name),
                cwd=console.ROOT,
                env=here.environment(compose.read()["services"][name]),
                capture_output=True,
                text=True,
            )
            assert health.returncode == 0, health.stdout + health.stderr
        for name, process in started.items():
            grace = int(compose.read()["services"][name].get("stop_grace_period", "10s")[:-1])
            status, seconds = process.stop(signal.SIGTERM)
            assert status in (0, -signal.SIGTERM), (name, process.said)
            assert seconds < grace, name


def collect_static(here: compose.Here) -> None:
    """Do what the image's build does."""
    build = re.search(r"(manage\.py collectstatic .*)", (console.ROOT / "Dockerfile").read_text())
    assert build
    env = here.environment(compose.read()["services"]["web"])
    subprocess.run([sys.executable, *build[1].split()], cwd=console.ROOT, env=env, check=True)


def seed(here: compose.Here, record: list[object]) -> str:
    """Write the rows of simulated devices through the worker's settings; return a sign-in link."""
    import json

    service = compose.read()["services"]["worker"]
    env = {**here.environment(service), "FLEET": json.dumps(record)}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", CODE],
        cwd=console.ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def order_of_all(session: requests.Session, address: str, action: str) -> str:
    """Order ``action`` of all devices as the dialog does; return the address of the task page."""
    headers = {
        "X-CSRFToken": session.cookies["csrftoken"],
        "HX-Request": "true",
        "Referer": address,
    }
    session.headers.update(headers)
    chosen = {"all": "1", "filter": "", "action": action}
    dialog = session.post(f"{address}/power/dialog/", data=chosen, timeout=20)
    intent = re.search(r'name="intent"[^>]*value="([^"]+)"', dialog.text)
    assert intent, dialog.text
    order = {"intent": intent[1], "action": action}
    answer = session.post(f"{address}/power/order/", data=order, timeout=20)
    assert "HX-Redirect" in answer.headers, answer.text
    return address + answer.headers["HX-Redirect"]
