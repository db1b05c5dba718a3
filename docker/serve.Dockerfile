# syntax=docker/dockerfile:1
# TensorFlow Serving of /models, the folder that `tfmask export --base` fills.
#   docker build -f docker/serve.Dockerfile -t tfmask-serve .
# With NVIDIA GPUs:
#   --build-arg SERVING_TAG=2.20.0-gpu
ARG SERVING_TAG=2.20.0

FROM tensorflow/serving:${SERVING_TAG}
# Without this, TensorFlow takes all of a GPU's memory at the start.
ENV TF_FORCE_GPU_ALLOW_GROWTH=true
USER 1000:1000
EXPOSE 8500 8501
# The image has neither Python nor curl, so this checks only the gRPC port. The
# port opens when every model of models.config answers. For models that come
# later, use `serving.ready`.
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8500"]
CMD ["--model_config_file=/models/serving_config/models.config", \
     "--model_config_file_poll_wait_seconds=30", \
     "--allow_version_labels_for_unavailable_models=true", \
     "--monitoring_config_file=/models/serving_config/monitoring.config"]
