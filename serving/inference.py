"""Classify, Regress and MultiInference: lists of `tf.Example` as input."""

from collections.abc import Mapping

import numpy as np

from serving import protos
from serving.prediction import DEFAULT_SIGNATURE
from serving.status import INVALID_ARGUMENT, UNIMPLEMENTED, CallError
from serving.tensors import STRING, Tensor

CLASSIFY_METHOD = "tensorflow/serving/classify"
REGRESS_METHOD = "tensorflow/serving/regress"
_INPUTS, _OUTPUTS = "inputs", "outputs"
_CLASSES, _SCORES = "classes", "scores"


def _invalid(text):
    return CallError(INVALID_ARGUMENT, text)


def _check_classify(signature):
    if len(signature.inputs) != 1:
        raise _invalid("Expected one input Tensor.")
    if len(signature.outputs) not in (1, 2):
        raise _invalid(
            "Expected one or two output Tensors, found "
            f"{len(signature.outputs)}"
        )
    if _INPUTS not in signature.inputs:
        raise _invalid(
            f"No classification inputs found in SignatureDef: {signature}"
        )
    if not {_CLASSES, _SCORES} & set(signature.outputs):
        raise _invalid(
            "Expected classification signature outputs to contain at least "
            f'one of "{_CLASSES}" or "{_SCORES}". Signature was: {signature}'
        )


def _check_regress(signature):
    if len(signature.inputs) != 1:
        raise _invalid("Expected one input Tensor.")
    if len(signature.outputs) != 1:
        raise _invalid("Expected one output Tensor.")
    for key, what in ((_INPUTS, "inputs"), (_OUTPUTS, "outputs")):
        if key not in (*signature.inputs, *signature.outputs):
            raise _invalid(
                f"No regression {what} found in SignatureDef: {signature}"
            )


def _examples(given) -> Tensor:
    """The serialized examples of an `Input`, each with the shared context."""
    kind = given.WhichOneof("kind")
    context, examples = b"", []
    if kind == "example_list":
        examples = given.example_list.examples
    elif kind == "example_list_with_context":
        # Serialized messages that follow each other are one merged message.
        context = given.example_list_with_context.context.SerializeToString()
        examples = given.example_list_with_context.examples
    if not examples:
        raise _invalid("Input is empty.")
    array = np.empty(len(examples), object)
    array[:] = [context + item.SerializeToString() for item in examples]
    return Tensor(STRING, array)


def _shape(array) -> str:
    return f"[{','.join(map(str, array.shape))}]"


def _checked(tensor, count, name, dtype):
    kind, array = tensor
    if array.ndim != 2:
        raise _invalid(
            "Expected Tensor shape: [batch_size num_classes] but got "
            f"{_shape(array)}"
        )
    if f"DT_{kind.name.upper()}" != dtype:
        raise _invalid(
            f"Expected {name} Tensor of {dtype}. Got: DT_{kind.name.upper()}"
        )
    if len(array) != count:
        raise _invalid(
            f"Expected {name} output batch size of {count}. Got: {len(array)}"
        )
    return array


def _classification(signature, results, count):
    classes = scores = None
    if _CLASSES in signature.outputs:
        tensor = results[signature.outputs[_CLASSES].name]
        classes = _checked(tensor, count, _CLASSES, "DT_STRING")
    if _SCORES in signature.outputs:
        tensor = results[signature.outputs[_SCORES].name]
        scores = _checked(tensor, count, _SCORES, "DT_FLOAT")
    both = classes is not None and scores is not None
    if both and classes.shape[1] != scores.shape[1]:
        raise _invalid(
            "Tensors class and score should match in dim_size(1). Got "
            f"{classes.shape[1]} vs. {scores.shape[1]}"
        )
    result = protos.ClassificationResult()
    for row in range(count):
        found = result.classifications.add()
        width = (scores if classes is None else classes).shape[1]
        for column in range(width):
            entry = found.classes.add()
            if classes is not None:
                entry.label = classes[row, column].decode("utf-8", "replace")
            if scores is not None:
                entry.score = scores[row, column]
    return result


def _regression(signature, results, count):
    kind, array = results[signature.outputs[_OUTPUTS].name]
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
        raise _invalid(
            "Expected output Tensor shape to be either [batch_size] or "
            f"[batch_size, 1] but got {_shape(array)}"
        )
    if len(array) != count:
        raise _invalid(
            "Input batch size did not match output batch size: "
            f"{count} vs. {len(array)}"
        )
    if kind.name != "float":
        raise _invalid(
            f"Expected output Tensor of DT_FLOAT.  Got: DT_{kind.name.upper()}"
        )
    result = protos.RegressionResult()
    for value in array.reshape(-1):
        result.regressions.add(value=value)
    return result


_KINDS = {
    CLASSIFY_METHOD: (_check_classify, _classification),
    REGRESS_METHOD: (_check_regress, _regression),
}


def _run(servable, signatures, given, timeout) -> tuple[Mapping, int]:
    """Runs several signatures on the same examples, in one go."""
    examples = _examples(given)
    feeds = {
        signature.inputs[_INPUTS].name: examples for signature in signatures
    }
    fetches = sorted(
        {
            info.name
            for signature in signatures
            for info in signature.outputs.values()
        }
    )
    found = servable.run(feeds, fetches, timeout)
    return dict(zip(fetches, found, strict=True)), len(examples.array)


def _fill_spec(spec, name, version, signature_name):
    spec.name, spec.signature_name = name, signature_name
    spec.version.value = version


def infer(servable, version, request, timeout, method, response):
    """Answers one Classify or Regress request.

    Args:
        servable: `serving.servable.Servable`.
        version: int, the version that was chosen.
        request: `ClassificationRequest` or `RegressionRequest`.
        timeout: seconds that the caller still waits, or None.
        method: `CLASSIFY_METHOD` or `REGRESS_METHOD`.
        response: empty message of the answer's class.

    Returns:
        `response`, filled.

    Raises:
        CallError: with TensorFlow Serving's code and text.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise _invalid(f"No signature was found with the name: {name}")
    check, collect = _KINDS[method]
    signature = servable.signatures[name]
    check(signature)
    results, count = _run(servable, [signature], request.input, timeout)
    response.result.CopyFrom(collect(signature, results, count))
    _fill_spec(response.model_spec, request.model_spec.name, version, name)
    return response


def multi_infer(servable, version, request, timeout):
    """Answers one MultiInference request.

    Args:
        servable: `serving.servable.Servable`.
        version: int, the version that was chosen.
        request: `MultiInferenceRequest`.
        timeout: seconds that the caller still waits, or None.

    Returns:
        `MultiInferenceResponse`, results in the order of the tasks.

    Raises:
        CallError: with TensorFlow Serving's code and text.
    """
    chosen: dict[str, str] = {}
    model = None
    for task in request.tasks:
        if not task.model_spec.name:
            raise _invalid("Found ModelSpec with an empty model name.")
        model = model or task.model_spec.name
        if task.model_spec.name != model:
            raise _invalid(
                "All ModelSpecs in a MultiInferenceRequest must access the "
                "same model name."
            )
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in chosen:
            raise _invalid(f"Duplicate evaluation of signature: {name}")
        chosen[name] = task.method_name
        if name not in servable.signatures:
            raise _invalid(
                f"Requested signature not found in model graph: {name}"
            )
        if task.method_name not in _KINDS:
            raise CallError(
                UNIMPLEMENTED,
                f"Unsupported signature method_name: {task.method_name}",
            )
        _KINDS[task.method_name][0](servable.signatures[name])
    signatures = [servable.signatures[name] for name in chosen]
    results, count = _run(servable, signatures, request.input, timeout)
    response = protos.MultiInferenceResponse()
    for (name, method), signature in zip(
        chosen.items(), signatures, strict=True
    ):
        entry = response.results.add()
        found = _KINDS[method][1](signature, results, count)
        if method == CLASSIFY_METHOD:
            entry.classification_result.CopyFrom(found)
        else:
            entry.regression_result.CopyFrom(found)
        _fill_spec(entry.model_spec, model, version, name)
    return response
