# In releases, by digest: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/venv && \
    /opt/venv/bin/pip install --require-hashes --only-binary :all: --requirement requirements.lock

# the project is built by the setuptools of the lock, not by the newest there is
COPY requirements-dev.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    awk '/^[^ ]/ { on = /^setuptools==/ } on' requirements-dev.lock > setuptools.lock && \
    python3 -m venv /opt/build && \
    /opt/build/bin/pip install --require-hashes --only-binary :all: --requirement setuptools.lock
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . && \
    /opt/venv/bin/pip install --no-deps --no-index /dist/*.whl

# Google's client carries 100 MB of descriptions of APIs that are never called
RUN find /opt/venv -path '*/discovery_cache/documents/*.json' ! -name calendar.v3.json -delete && \
    /opt/venv/bin/pip uninstall --yes setuptools pip && \
    /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin vendedor
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000
USER 10001:10001
WORKDIR /
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/livez', timeout=2)"]
# no shell in between, so that SIGTERM reaches the process
ENTRYPOINT ["vendedor"]
CMD ["serve"]
