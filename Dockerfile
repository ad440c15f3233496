# One image for every part of the dispatcher; docker-compose.yml says which part a container is.
FROM python:3.12-slim AS build
WORKDIR /source
# The image's own pip fills the environment: none goes along.
RUN python -m venv --without-pip /opt/mms
ENV PIP_PYTHON=/opt/mms/bin/python PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The locked versions first: this layer stays as long as the lock does.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE celeryconfig.py ./
COPY campaigns ./campaigns
COPY dispatcher ./dispatcher
COPY tasks ./tasks
RUN pip install --no-deps --no-build-isolation --no-index . && pip uninstall --yes setuptools

FROM python:3.12-slim
# No part needs root; /data is the one folder that is written to.
RUN useradd --create-home --uid 10001 mms && mkdir -p /data/beat && chown -R mms:mms /data
COPY --from=build /opt/mms /opt/mms
ENV PATH=/opt/mms/bin:$PATH PYTHONUNBUFFERED=1 MMS_DATA_DIR=/data
USER mms
WORKDIR /data
VOLUME /data
# A worker ends its batch on SIGTERM before it goes.
STOPSIGNAL SIGTERM
CMD ["mms", "--help"]
