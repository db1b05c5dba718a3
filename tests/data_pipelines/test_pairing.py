"""Which images make up an example, and what a method can learn from."""

import numpy as np
import pytest

from data_pipelines import open_data
from data_pipelines.pairing import PAIRINGS, pairing_for, require_kind
from tfmask.ops.errors import UserError

LOCATIONS = {
    "domains": "synthetic",
    "pairs": "synthetic:paired",
    "attributes": "synthetic:attributes",
}


@pytest.fixture(scope="module")
def sets():
    return {
        layout: open_data(location, 8, seed=1, synthetic_count=(5, 7))
        for layout, location in LOCATIONS.items()
    }


def drawn(data, name):
    (batch,) = data.train_batches(20, seed=3, pairing=name).take(1)
    return batch


@pytest.mark.parametrize(
    ("layout", "name"),
    [(layout, name) for layout, names in PAIRINGS.items() for name in names],
)
def test_every_pairing_of_every_layout(sets, layout, name):
    data = sets[layout]
    assert data.layout == layout
    batch = drawn(data, name)
    assert set(batch) == ({"a"} if name == "alone" else {"a", "b"})
    for example in batch.values():
        assert example["image"].shape == (20, 8, 8, 3)
        assert set(example["index"].numpy()) <= set(range(5))
    # The first images do not depend on how their partners are drawn.
    np.testing.assert_array_equal(
        batch["a"]["image"], drawn(data, None)["a"]["image"]
    )


@pytest.mark.medium
def test_the_first_pairing_is_the_natural_one(sets):
    for layout, data in sets.items():
        natural, named = drawn(data, None), drawn(data, PAIRINGS[layout][0])
        assert natural.keys() == named.keys()
        for role, example in natural.items():
            np.testing.assert_array_equal(
                example["index"], named[role]["index"]
            )


def test_a_pairing_that_a_layout_does_not_have(sets):
    with pytest.raises(UserError, match="`alone`.*cycle, unpaired, with_ex"):
        drawn(sets["domains"], "alone")
    with pytest.raises(UserError, match="`unpaired`.*alone, with_exemplar"):
        drawn(sets["attributes"], "unpaired")


def test_test_exemplars_of_the_other_domain():
    data = open_data("synthetic", 8, seed=1, synthetic_count=(5, 12))
    for role, other in (("a", "b"), ("b", "a")):
        once = list(data.test_pairs(role, batch_size=5))
        again = list(data.test_pairs(role, batch_size=12))
        index = np.concatenate([batch[role]["index"] for batch in once])
        np.testing.assert_array_equal(index, np.arange(12))
        for name in ("index", "image", "region"):
            np.testing.assert_array_equal(
                np.concatenate([batch[other][name] for batch in once]),
                again[0][other][name],
            )
        chosen = again[0][other]["index"].numpy()
        assert len(set(chosen)) > 3 and (chosen != index).any()
        (true,) = data.test_batches(other, batch_size=12)
        np.testing.assert_array_equal(
            again[0][other]["image"], true["image"].numpy()[chosen]
        )


def test_test_pairs_of_either_role(sets):
    (first,) = sets["pairs"].test_pairs("a", batch_size=7)
    (second,) = sets["pairs"].test_pairs("b", batch_size=7)
    for role in "ab":
        for name in ("index", "image"):
            np.testing.assert_array_equal(first[role][name], second[role][name])
    with pytest.raises(UserError, match="domain `b`"):
        sets["attributes"].test_pairs("b")


def test_masks_of_sets_that_cannot_have_any(sets):
    for layout in ("pairs", "attributes"):
        with pytest.raises(UserError, match="no masks for train.*no pairs"):
            sets[layout].train_batches(1, seed=0, with_regions=True)
        with pytest.raises(UserError, match="no instance masks for test"):
            sets[layout].test_batches("a", with_instances=True)


@pytest.mark.parametrize(
    ("kind", "second", "expected"),
    [
        ("unpaired", False, "cycle"),
        ("unpaired", True, "cycle"),
        ("instances", False, "cycle"),
        ("paired", False, "together"),
        ("attributes", False, "alone"),
        ("attributes", True, "with_exemplar"),
    ],
)
def test_what_a_method_trains_with(kind, second, expected):
    assert pairing_for(kind, second=second, pairing="cycle") == expected


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("unpaired", {"domains", "pairs"}),
        ("paired", {"pairs"}),
        ("attributes", {"attributes"}),
        ("instances", {"domains"}),
    ],
)
def test_data_that_a_method_cannot_learn_from(sets, kind, good):
    for layout, data in sets.items():
        if layout in good:
            require_kind(data, kind, "mygan")
            continue
        with pytest.raises(UserError, match=r"mygan|instance masks") as error:
            require_kind(data, kind, "mygan")
        assert data.location in str(error.value)
