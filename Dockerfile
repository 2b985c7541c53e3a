# One image for worker, API and simulator:  docker build -t command-centre .
FROM python:3.11.13-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements.lock .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes -r requirements.lock

FROM python:3.11.13-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin engine \
    && install -d -o engine -g engine /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY schemas schemas
COPY streams streams
COPY detectors detectors
COPY grafana grafana
COPY agents agents
COPY demo demo
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
RUN python -m compileall -q .
USER engine
ENTRYPOINT ["python", "-m"]
CMD ["agents", "worker"]
