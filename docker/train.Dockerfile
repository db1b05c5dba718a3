# syntax=docker/dockerfile:1
# Training, measuring and exporting; the context is the repository's root.
#   docker build -f docker/train.Dockerfile -t tfmask .
# With NVIDIA GPUs:
#   --build-arg TENSORFLOW="tensorflow[and-cuda]"
ARG PYTHON_TAG=3.11.13-slim-bookworm

FROM python:${PYTHON_TAG} AS train
ARG TENSORFLOW=tensorflow
# HOME: whatever user runs it, libraries find a place for their caches.
ENV HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /app
COPY docker/constraints.txt ./
# The big layer first: it stays when only the sources change.
RUN pip install --no-cache-dir --constraint constraints.txt "${TENSORFLOW}"
COPY setup.py pyproject.toml README.md ./
COPY tfmask tfmask
COPY trainers trainers
COPY serving serving
COPY data_pipelines data_pipelines
RUN pip install --no-cache-dir --constraint constraints.txt . \
    && install -d -o 1000 -g 1000 /data /runs /models
USER 1000:1000
ENTRYPOINT ["tfmask"]
CMD ["--help"]

# The contract test, for a server in another container. A volume takes the mode
# of the folder that it is mounted on: this one is for whatever user runs it.
FROM train AS conformance
USER 0
RUN pip install --no-cache-dir --constraint constraints.txt pytest \
    && install -d -m 1777 /fixture
USER 1000:1000
ENTRYPOINT ["python", "-m"]
CMD ["pytest", "serving/conformance", "-p", "no:cacheprovider", "--help"]
