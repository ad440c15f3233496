# One image for every part of the dispatcher; docker-compose.yml says which part a container is.
FROM python:3.12-slim AS build
WORKDIR /source
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
# The image's own pip fills the environment: none goes along.
RUN python -m venv --without-pip /opt/mms
ENV PIP_PYTHON=/opt/mms/bin/python PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The locked versions first: this layer stays as long as the lock does.
COPY requirements.lock ./
# What debuggers read of compiled modules is a fifth of all.
RUN pip install --require-hashes -r requirements.lock && find /opt/mms -name '*.so' -exec strip --strip-unneeded {} +
COPY pyproject.toml README.md LICENSE celeryconfig.py ./
COPY campaigns ./campaigns
COPY dispatcher ./dispatcher
COPY tasks ./tasks
RUN pip install --no-deps --no-build-isolation --no-index . && pip uninstall --yes setuptools

FROM python:3.12-slim
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="mms-dispatcher" \
      org.opencontainers.image.description="Bulk and group MMS over CarrierX: a Celery pipeline that never sends twice" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# No part needs root; /data and /tmp are all that is written to, so the rest may be read-only. Which health check holds depends on
# the part: `python -m dispatcher.stack.healthcheck PART`.
RUN useradd --create-home --uid 10001 mms && mkdir -p /data/beat && chown -R mms:mms /data
COPY --from=build /opt/mms /opt/mms
ENV PATH=/opt/mms/bin:$PATH PYTHONUNBUFFERED=1 MMS_DATA_DIR=/data
USER mms
WORKDIR /data
VOLUME /data
# A worker ends its batch on SIGTERM before it goes.
STOPSIGNAL SIGTERM
CMD ["mms", "--help"]
