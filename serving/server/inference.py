"""Classify, Regress and MultiInference: refused, in TensorFlow Serving's words.

They take lists of `tf.Example`. None of our signatures reads these. If
TensorFlow Serving would refuse a request, the caller gets the same code and
text. If it would answer, the code is UNIMPLEMENTED here.
"""

from serving.protocol.status import INVALID_ARGUMENT, UNIMPLEMENTED, CallError
from serving.server.prediction import DEFAULT_SIGNATURE

CLASSIFY_METHOD = "tensorflow/serving/classify"
REGRESS_METHOD = "tensorflow/serving/regress"


def _invalid(text):
    return CallError(INVALID_ARGUMENT, text)


def _check_classify(signature):
    if len(signature.outputs) not in (1, 2):
        raise _invalid(
            "Expected one or two output Tensors, found "
            f"{len(signature.outputs)}"
        )
    if "inputs" not in signature.inputs:
        raise _invalid(
            f"No classification inputs found in SignatureDef: {signature}"
        )
    if not {"classes", "scores"} & set(signature.outputs):
        raise _invalid(
            "Expected classification signature outputs to contain at least "
            f'one of "classes" or "scores". Signature was: {signature}'
        )


def _check_regress(signature):
    if len(signature.outputs) != 1:
        raise _invalid("Expected one output Tensor.")
    for key in ("inputs", "outputs"):
        if key not in (*signature.inputs, *signature.outputs):
            raise _invalid(
                f"No regression {key} found in SignatureDef: {signature}"
            )


_CHECKS = {CLASSIFY_METHOD: _check_classify, REGRESS_METHOD: _check_regress}


def _check(signature, method):
    if len(signature.inputs) != 1:
        raise _invalid("Expected one input Tensor.")
    _CHECKS[method](signature)


def _refusal(examples):
    """The refusal of a request to signatures that take examples."""
    kind = examples.WhichOneof("kind")
    if kind is None or not getattr(examples, kind).examples:
        return _invalid("Input is empty.")
    return CallError(
        UNIMPLEMENTED, "This server answers Predict only, no tf.Example."
    )


def refuse(servable, request, method):
    """Refuses one Classify or Regress request.

    Args:
        servable: `serving.server.servable.Servable`.
        request: `ClassificationRequest` or `RegressionRequest`.
        method: `CLASSIFY_METHOD` or `REGRESS_METHOD`.

    Raises:
        CallError: always.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise _invalid(f"No signature was found with the name: {name}")
    _check(servable.signatures[name], method)
    raise _refusal(request.input)


def refuse_multi(servable, request):
    """Refuses one MultiInference request.

    Args:
        servable: `serving.server.servable.Servable`, of the first task's model.
        request: `MultiInferenceRequest`.

    Raises:
        CallError: always.
    """
    chosen = set()
    for task in request.tasks:
        if not task.model_spec.name:
            raise _invalid("Found ModelSpec with an empty model name.")
        if task.model_spec.name != request.tasks[0].model_spec.name:
            raise _invalid(
                "All ModelSpecs in a MultiInferenceRequest must access the "
                "same model name."
            )
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in chosen:
            raise _invalid(f"Duplicate evaluation of signature: {name}")
        chosen.add(name)
        if name not in servable.signatures:
            raise _invalid(
                f"Requested signature not found in model graph: {name}"
            )
        if task.method_name not in _CHECKS:
            raise CallError(
                UNIMPLEMENTED,
                f"Unsupported signature method_name: {task.method_name}",
            )
        _check(servable.signatures[name], task.method_name)
    raise _refusal(request.input)
