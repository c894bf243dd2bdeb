"""The doorbell: tell each sending server's workers that items wait. The rows are the truth.

Ringing never fails a request: it comes after the commit, waits one second at most, and what went
wrong is logged. The dispatcher rings again for what was not taken.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now
from kombu import Connection
from kombu.pools import ProducerPool

from devices.models import JobItem

logger = logging.getLogger(__name__)

RING_SECONDS = 1


def ring(items: Iterable[JobItem]) -> None:
    """Send the primary keys of ``items``, in chunks, to the queue of each item's server."""
    for (task, queue), pks in _by_bell(items).items():
        for chunk in _chunks(pks, settings.ITEMS_PER_CHUNK):
            if not _rung(task, queue, chunk):
                return  # the broker is away; the dispatcher rings again


def _rung(task: str, queue: str, chunk: list[int]) -> bool:
    """Send one message and write that down, the latter first: then no worker has the rows yet."""
    try:
        JobItem.objects.note_ring(chunk, Now())
        if _send(task, queue, chunk):
            return True
        JobItem.objects.note_ring(chunk, None)
    except DatabaseError as error:
        logger.warning("%s waits for the dispatcher: %s", task, error)
    return False


def send(task: str, queue: str, argument: list[int]) -> bool:
    """Send one message outside a job (a poll); return whether the broker took it."""
    return _send(task, queue, argument)


def _by_bell(items: Iterable[JobItem]) -> dict[tuple[str, str], list[int]]:
    bells: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for item in items:
        queue = item.server.queue if item.server else current_app.conf.task_default_queue
        bells[item.job.task, queue].append(item.pk)
    return bells


def _send(task: str, queue: str, pks: list[int]) -> bool:
    try:
        with _producers().acquire(block=True, timeout=RING_SECONDS) as producer:
            current_app.send_task(task, args=[pks], queue=queue, producer=producer, retry=False)
    except Exception as error:  # kombu raises whatever its transport raises
        logger.warning("The broker could not be reached, so %s waits: %s", task, error)
        return False
    return True


@cache
def _producers() -> ProducerPool:
    """Return producers whose sockets give up after a second, unlike those of the workers."""
    quick = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_timeout": RING_SECONDS,
        "socket_connect_timeout": RING_SECONDS,
        "max_retries": 0,
    }
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        quick = dict(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
    connection = Connection(settings.CELERY_BROKER_URL, transport_options=quick)
    return ProducerPool(connection.Pool(limit=4), limit=4)


def _chunks(pks: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(pks), size):
        yield list(pks[start : start + size])
