# syntax=docker/dockerfile:1
# The client without TensorFlow: health checks, `serving.query`.
#   docker build -f docker/client.Dockerfile -t tfmask-client .
#   docker run --rm --network host tfmask-client \
#     serving.ready 127.0.0.1:8500 MODEL
ARG PYTHON_TAG=3.11.13-slim-bookworm

FROM python:${PYTHON_TAG}
ENV HOME=/tmp \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY docker/constraints.txt ./
COPY client client
COPY serving serving
COPY tfmask/__init__.py tfmask/
RUN pip install --no-cache-dir --constraint constraints.txt "./client[query]" \
    && rm -r client serving tfmask
USER 1000:1000
ENTRYPOINT ["python", "-m"]
CMD ["serving.ready", "--help"]
