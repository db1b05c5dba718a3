"""Cases 54 to 57: labels and reloads. They leave `toy` listed as before."""

import grpc
import pytest

from serving.conformance.requests import (
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    eventually,
    floats,
    predict,
    refused,
)
from serving.protocol import protos


def listed(server, name="toy", labels=None, **fields):
    """One entry of the list of models."""
    model = protos.ModelConfig(
        **{
            "name": name,
            "base_path": f"{server.server_base}/{name}",
            "model_platform": "tensorflow",
            **fields,
        }
    )
    model.model_version_policy.all.SetInParent()
    for label, version in (labels or {}).items():
        model.version_labels[label] = version
    return model


def reload_models(server, *models):
    """HandleReloadConfigRequest."""
    request = protos.ReloadConfigRequest()
    request.config.model_config_list.SetInParent()
    request.config.model_config_list.config.extend(models)
    return server.call(protos.RELOAD_CONFIG, request, timeout=60)


@pytest.fixture
def reloadable(may_reload):
    yield may_reload
    reload_models(may_reload, listed(may_reload))


@pytest.mark.case(54)
def test_labels(reloadable):
    labels = {"stable": 1, "canary": 2}
    answer = reload_models(reloadable, listed(reloadable, labels=labels))
    assert answer.status.error_code == 0
    for label, version in labels.items():
        response = predict(reloadable, {"x": floats(1, 4)}, label=label)
        assert response.model_spec.version.value == version
        assert response.model_spec.version_label == ""


@pytest.mark.case(55)
def test_a_label_on_no_version(reloadable):
    text = (
        "Request to assign label to version 77 of model toy, which is not "
        "currently available for inference"
    )
    with refused(PRECONDITION, text):
        reload_models(reloadable, listed(reloadable, labels={"odd": 77}))


@pytest.mark.case(56)
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            [{}, {}],
            "Illegal to list model toy multiple times in config list",
        ),
        (
            [{"base_path": "models/toy"}],
            "Expected model toy to have an absolute path or URI; got "
            "base_path()=models/toy",
        ),
        (
            [{"model_platform": ""}],
            "Illegal setting neither ModelServerConfig::model_type "
            "(deprecated) nor ModelServerConfig::model_platform, model name "
            "is toy",
        ),
    ],
)
def test_lists_that_are_refused(reloadable, fields, text):
    with refused(INVALID, text):
        reload_models(
            reloadable, *(listed(reloadable, **options) for options in fields)
        )


@pytest.mark.case(56)
def test_no_list_at_all(reloadable):
    text = (
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        "Only ModelConfigList is currently supported"
    )
    with refused(INVALID, text):
        reloadable.call(protos.RELOAD_CONFIG, protos.ReloadConfigRequest())


@pytest.mark.case(57)
def test_a_model_comes_and_goes(reloadable):
    reload_models(
        reloadable, listed(reloadable), listed(reloadable, name="plain")
    )
    predict(reloadable, {"x": floats(1, 4)}, name="plain")
    reload_models(reloadable, listed(reloadable))

    def gone():
        return reloadable.status("plain")[1].state == 50

    eventually(gone)
    with refused(NOT_FOUND, "Servable not found for request: Latest(plain)"):
        predict(reloadable, {"x": floats(1, 4)}, name="plain")


@pytest.mark.case(57)
def test_a_new_model_that_cannot_load(reloadable, may_write):
    (may_write.base / "broken" / "1").mkdir(parents=True)
    pattern = (
        r"^1 model\(s\) did not become available: \{\{\{name: broken version: "
        r"1\} due to error: .*Could not find SavedModel.*\}, \}$"
    )
    with refused(grpc.StatusCode.UNKNOWN, pattern=pattern):
        reload_models(
            reloadable, listed(reloadable), listed(reloadable, name="broken")
        )
