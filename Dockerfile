# The application as one small image: built with everything, run with nothing it does not need, never as root.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.txt
# Scans of letters are read where it is built with `--build-arg OCR=yes`.
ARG OCR=
COPY requirements-ocr.txt .
RUN test -z "$OCR" \
    || /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements-ocr.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home casegraph
WORKDIR /app
COPY --from=build /venv /venv
COPY casegraph casegraph
COPY connectors connectors
COPY graph graph
COPY resolvers resolvers
COPY schema schema
COPY search search
COPY sync sync
COPY wording wording
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CASEGRAPH_DATA=/data
USER casegraph
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as http; http.urlopen('http://127.0.0.1:%s/readyz' % os.environ.get('CASEGRAPH_PORT', '8000'), timeout=4)"]
CMD ["python", "-m", "casegraph", "serve"]
