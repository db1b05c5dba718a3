"""Exports of every class, in our runtime and in OpenVINO, which is not ours.

tests/export/ has the same tests for the classes whose exports it looks at.
"""

import pytest
from exports import (
    CLASSES,
    assert_openvino_agrees,
    published,
    replayed_by,
    served,
)

from tfmask.export.check import check_version

pytestmark = pytest.mark.slow

# In test_signatures.py, test_attributes.py, test_exemplar.py, test_guided.py,
# test_instances.py, test_pairs.py.
ELSEWHERE = (
    *("attention_guided", "cyclegan", "stargan", "attgan", "stgan"),
    *("lomit", "guidegan", "guidegan_paired", "instagan", "pix2pix"),
)


@pytest.fixture(
    scope="module", params=[name for name in CLASSES if name not in ELSEWHERE]
)
def exported(request, tmp_path_factory):
    """(method of tiny networks, folder of its version)."""
    return published(request.param, tmp_path_factory)


def test_it_answers_as_translate(exported):
    method, version = exported
    for servable in served(version):
        check_version(method, version, replay=replayed_by(servable))


@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)
