# Two stages: what builds does not travel. The image runs as nobody in particular, writes only to /data, and answers
# on 8000. Build: docker build -t consult .   Run: docker run -p 8000:8000 -v consult:/data consult

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/consult
COPY requirements.txt ./
RUN python -m venv /srv/venv \
    && /srv/venv/bin/python -m pip install --only-binary :all: --require-hashes -r requirements.txt
COPY . .
RUN /srv/venv/bin/python -m pip install --no-deps --no-build-isolation --editable . \
    && /srv/venv/bin/python tools/catalogues.py compile \
    && /srv/venv/bin/python -m compileall -q app migrations \
    && /srv/venv/bin/python -c "from app.web.assets import assets; assert assets()"

FROM python:3.11-slim
LABEL org.opencontainers.image.title="consult" \
      org.opencontainers.image.description="One-day, six-language youth consultations"
RUN groupadd --system --gid 10001 consult \
    && useradd --system --uid 10001 --gid consult --home-dir /data --shell /usr/sbin/nologin consult \
    && install -d -o consult -g consult -m 0750 /data
COPY --from=build /srv /srv
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONSULT_DATA=/data
WORKDIR /srv/consult
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import sys, urllib.request; sys.exit(urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4).status != 200)"]
# The schema first: a server never runs on an older one.
CMD ["sh", "-c", "consult migrate && exec consult serve --host 0.0.0.0 --port 8000 --workers \"${CONSULT_WORKERS:-1}\""]
