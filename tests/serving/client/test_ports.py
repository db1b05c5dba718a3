"""What a model takes and gives, told by its metadata alone."""

import pytest

from serving.client.errors import InvalidArgument
from serving.client.metadata import Metadata, Signature, TensorSpec
from serving.client.ports import check_names, kind_of, picture_of, read_ports

IMAGE = TensorSpec("uint8", (None, None, None, 3))
MASK = TensorSpec("uint8", (None, None, None, 1))
MASKS = TensorSpec("uint8", (None, None, None, None, 1))
NUMBERS = TensorSpec("float", (None, 7))


def model(**signatures):
    outputs = {"image": IMAGE, "mask": MASK, "parts": MASKS}
    return Metadata(
        "toy",
        3,
        {
            name: Signature(inputs, outputs, frozenset())
            for name, inputs in signatures.items()
        },
    )


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (IMAGE, "image"),
        (MASK, "mask"),
        (MASKS, "masks"),
        (NUMBERS, "attributes"),
        (TensorSpec("uint8", (None, None, None, 4)), None),
        (TensorSpec("uint8", (None, None, None, None, 3)), None),
        (TensorSpec("uint8", None), None),
        (TensorSpec("float", (None, None, None, 3)), None),
        (TensorSpec("string", (None,)), None),
    ],
)
def test_kinds_by_type_and_shape(spec, kind):
    assert kind_of(spec) == kind


def test_names_that_nobody_has_heard_of():
    """No code of the client knows `style` or `style_mask`."""
    plain = {"image": IMAGE, "style": IMAGE, "sizes": NUMBERS}
    masks = {"mask": MASK, "style_mask": MASK}
    ports = read_ports(
        model(a_to_b=plain, a_to_b_with_mask={**plain, **masks}), "a_to_b"
    )
    assert ports.required == {
        "image": "image",
        "style": "image",
        "sizes": "attributes",
    }
    assert ports.masks == {"mask": "mask", "style_mask": "mask"}
    assert ports.outputs == {"image": "image", "mask": "mask", "parts": "masks"}
    assert ports.attributes == 7
    check_names(ports, ["image", "style", "sizes", "style_mask"])
    with pytest.raises(InvalidArgument, match="`style` is missing.*an image"):
        check_names(ports, ["image", "sizes"])
    with pytest.raises(InvalidArgument, match="`colour`.*takes `image`, `sty"):
        check_names(ports, ["image", "style", "sizes", "colour"])


def test_masks_belong_to_the_image_in_their_name():
    assert picture_of("mask") == "image"
    assert picture_of("style_mask") == "style"


def test_what_is_no_translation_is_told():
    with pytest.raises(InvalidArgument, match="`direction`: .*'b_to_a'"):
        read_ports(model(a_to_b={"image": IMAGE}), "b_to_a")
    with pytest.raises(InvalidArgument, match=r"is no translation: x is int8"):
        x = TensorSpec("int8", (None,))
        read_ports(model(a_to_b={"image": IMAGE, "x": x}), "a_to_b")
    with pytest.raises(InvalidArgument, match="image is missing.*predict"):
        read_ports(model(a_to_b={"mask": MASK}), "a_to_b")


def test_an_image_instead_of_a_number():
    seed, plain = TensorSpec("int64", (None,)), {"image": IMAGE}
    ports = read_ports(
        model(
            a_to_b={**plain, "look": seed},
            a_to_b_with_example={**plain, "example": IMAGE},
            a_to_b_with_example_encoded={
                "image": TensorSpec("string", (None,)),
                "example": TensorSpec("string", (None,)),
            },
        ),
        "a_to_b",
    )
    assert ports.required == {"image": "image"}
    assert (ports.seeds, ports.instead) == (
        {"look": "seed"},
        {"example": "image"},
    )
    check_names(ports, ["image"])
    check_names(ports, ["image", "look"])
    check_names(ports, ["image", "example"])
    with pytest.raises(InvalidArgument, match="`look` and `example` do not go"):
        check_names(ports, ["image", "look", "example"])
