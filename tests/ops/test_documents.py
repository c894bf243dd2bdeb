"""The documents say what is there."""

import re

import pytest

from tests.ops.console import ROOT

VARIABLE = re.compile(r"ZCC_[A-Z_]+[A-Z]")


def variables(*paths: str) -> set[str]:
    texts = [(ROOT / path).read_text() for path in paths]
    return {name for text in texts for name in VARIABLE.findall(text)}


def test_each_variable_of_the_settings_is_documented_and_no_other():
    rows = (ROOT / "docs/settings.md").read_text()
    documented = set(re.findall(r"^\| `(ZCC_[A-Z_]+)`", rows.partition("## Of the tests")[0], re.M))
    assert documented == variables("zcc/settings.py", "zcc/asgi.py")


def test_each_variable_of_the_compose_file_is_documented():
    names = {name.removesuffix("_FILE") for name in variables("docker-compose.yml", "Dockerfile")}
    assert names <= variables("docs/settings.md")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/operations.md"])
def test_links_and_pictures_lead_somewhere(name):
    document = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/operations.md"])
def test_commands_of_the_documents_exist(name):
    known = (ROOT / "run").read_text()
    for command in re.findall(r"\./run ([a-z]+)", (ROOT / name).read_text()):
        assert re.search(rf"^{command}(\)| \|)", known, re.M), command
