# syntax=docker/dockerfile:1
# Training, evaluation and export. The context is the repository's root.
#   docker build -f docker/train.Dockerfile -t tfmask .
# With NVIDIA GPUs:
#   --build-arg TENSORFLOW="tensorflow[and-cuda]"
ARG PYTHON_TAG=3.11.13-slim-bookworm

FROM python:${PYTHON_TAG} AS train
ARG TENSORFLOW=tensorflow
# HOME: libraries can write their caches there, whatever the user is.
ENV HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /app
COPY docker/constraints.txt ./
# The big layer comes first. It need not be built again for new sources.
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

# The contract test, for a server in another container. A volume gets the mode
# of the folder that it is mounted on. Here every user can write.
FROM train AS conformance
USER 0
RUN pip install --no-cache-dir --constraint constraints.txt pytest \
    && install -d -m 1777 /fixture
USER 1000:1000
ENTRYPOINT ["python", "-m"]
CMD ["pytest", "serving/conformance", "-p", "no:cacheprovider", "--help"]
