# One image for web, worker and dispatcher; docker-compose.yml says which is which.
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/zcc
RUN python -m venv --without-pip /opt/zcc
COPY requirements.lock ./
RUN pip --python /opt/zcc/bin/python install --no-deps --require-hashes -r requirements.lock
COPY manage.py ./
COPY zcc zcc
COPY devices devices
COPY vault vault
COPY amt amt
COPY power power
COPY templates templates
COPY static static
RUN ZCC_DATA_DIR=/tmp/build ZCC_STATIC_ROOT=/srv/zcc/staticfiles \
    /opt/zcc/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.12-slim

ENV PATH=/opt/zcc/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=zcc.settings \
    ZCC_STATIC_ROOT=/srv/zcc/staticfiles \
    ZCC_DATA_DIR=/var/lib/zcc
RUN useradd --system --uid 10001 --home-dir /var/lib/zcc --create-home zcc
COPY --from=build /opt/zcc /opt/zcc
COPY --from=build /srv/zcc /srv/zcc
WORKDIR /srv/zcc
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["uvicorn", "zcc.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--ws", "none", "--no-server-header", "--no-access-log"]
