"""The dispatcher goes on whatever happens."""

import logging
from threading import Event, Timer

import pytest

from zcc import dispatch


@pytest.fixture
def rounds(monkeypatch):
    """Let the dispatcher make quick rounds; return what it is to do and what it did."""
    monkeypatch.setattr(dispatch, "EVERY", 0.01)
    done: list[str] = []

    def fail() -> None:
        done.append("fail")
        raise RuntimeError("broken")

    def work() -> None:
        done.append("work")

    return done, fail, work


def run_for(seconds: float, **options: object) -> None:
    stop = Event()
    Timer(seconds, stop.set).start()
    dispatch.run(stop, **options)


@pytest.mark.django_db(transaction=True)
def test_failure_of_one_duty_does_not_keep_the_next_from_its_turn(rounds, monkeypatch, caplog):
    done, fail, work = rounds
    monkeypatch.setattr(dispatch, "TICKS", (fail, work))
    with caplog.at_level(logging.ERROR):
        run_for(0.3)

    assert done[:4] == ["fail", "work", "fail", "work"]
    assert "broken" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_pauses_grow_after_failures(rounds, monkeypatch):
    done, fail, _ = rounds
    monkeypatch.setattr(dispatch, "TICKS", (fail,))
    run_for(0.5)
    assert 3 <= len(done) <= 7  # 0.01, 0.02, 0.04, 0.08, 0.16, …


@pytest.mark.django_db(transaction=True)
def test_sign_of_life_is_given_only_after_a_good_round(rounds, monkeypatch):
    _, fail, work = rounds
    lives: list[int] = []
    monkeypatch.setattr(dispatch, "TICKS", (fail,))
    run_for(0.1, when_well=lambda: lives.append(1))
    assert not lives

    monkeypatch.setattr(dispatch, "TICKS", (work,))
    run_for(0.1, when_well=lambda: lives.append(1))
    assert lives
