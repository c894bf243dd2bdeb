"""Static files are collected when their sources have changed, and only then."""

from pathlib import Path

import pytest

from zcc import process, static_files


@pytest.fixture
def source(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "zcc.css").write_text("a {}")
    (tmp_path / "source" / "fetch.py").write_text("1")
    return tmp_path / "source"


def test_files_are_collected_once_until_a_source_changes(source, settings):
    assert static_files.collect_if_stale()
    assert (settings.STATIC_ROOT / "zcc.css").exists()
    assert not static_files.collect_if_stale()

    (source / "zcc.css").write_text("a { color: red }")
    assert static_files.collect_if_stale()
    assert "red" in (settings.STATIC_ROOT / "zcc.css").read_text()


def test_programs_are_no_static_files(source, settings):
    static_files.collect_if_stale()
    assert not list(settings.STATIC_ROOT.rglob("*.py"))


def test_next_free_port_is_taken():
    with process.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            process.listen("127.0.0.1", port)
        with process.listen("127.0.0.1", port, tries=50) as next_one:
            assert next_one.getsockname()[1] > port
