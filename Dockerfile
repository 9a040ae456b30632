# The app as a server: `python -m deploy`, two processes behind HAProxy. Needs no network to run.
FROM python:3.11-slim

# An index that has torch without CUDA spares some 3 GB: docker build --build-arg TORCH_INDEX=https://...
ARG TORCH_INDEX=""

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home maskscope

WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt
COPY . .

# Nothing is written but here: models that were fetched, and what is made anew at each start.
ENV HF_HOME=/cache HOME=/tmp PYTHONDONTWRITEBYTECODE=1
RUN mkdir /cache && chown maskscope /cache
VOLUME /cache
USER 1000

EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
CMD ["python", "-m", "deploy", "--workers", "2", "--port", "8501"]
