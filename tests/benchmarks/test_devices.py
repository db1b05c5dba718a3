"""The device of a benchmark. A GPU's answers are made up: no test has one."""

import time

import pytest
import tensorflow as tf

from benchmarks import devices


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Numbers of threads. TensorFlow's can't change: it runs already."""
    counts = []
    monkeypatch.setattr(devices, "set_threads", counts.append)
    return counts


def test_a_cpu_has_done_its_work_when_a_call_returns(threads, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    device = devices.start_tensorflow(3)
    assert threads == [3]
    assert device.name == "CPU"
    assert device.work_clock is time.process_time
    assert device.peak_mib() > 100


def test_a_gpu_is_waited_for(monkeypatch):
    """The call takes a second, and the GPU works for two more."""
    now = [0.0]

    def passing(seconds):
        now[0] += seconds

    device = devices.Device("NVIDIA H200", lambda: passing(2.0))
    assert device.seconds(lambda: now[0], passing, 1.0) == 3.0
    assert device.work_clock is time.perf_counter


def test_tensorflow_s_gpu_has_its_name_and_memory(monkeypatch):
    config = tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(
        config.experimental, "set_memory_growth", lambda *arguments: None
    )
    monkeypatch.setattr(
        config.experimental,
        "get_device_details",
        lambda gpu: {"device_name": "NVIDIA H200"},
    )
    monkeypatch.setattr(
        config.experimental,
        "get_memory_info",
        lambda name: {"current": 0, "peak": 3 * 2**20},
    )
    device = devices.start_tensorflow(1)
    assert device.name == "NVIDIA H200"
    assert device.peak_mib() == 3.0
    device.synchronize()
