"""Which masks an image set loads, after a check that it has them."""

from tfmask.ops.errors import UserError


def wanted(data, split, role, *, regions, instances):
    """Arguments of a source's `load` for some masks.

    Args:
        data: `ImageSet`.
        split: "train" or "test".
        role: "a" or "b". None: both.
        regions: bool, the union masks.
        instances: bool, the instance masks.

    Raises:
        UserError: there are no such masks.
    """
    if regions and not data.has_regions(split, role):
        raise _without(
            data,
            kind="masks",
            split=split,
            folders=f"{split}A_mask and {split}B_mask, or {split}A_seg and "
            f"{split}B_seg",
        )
    if instances:
        require_instances(data, split, role)
    count = data.instance_count if instances else 0
    return {"region": regions, "instances": count}


def all_wanted(data, split, role, *, instances=False):
    """Arguments of a source's `load` for all masks that a role has.

    Args:
        data, split, role, instances: see `wanted`. Instance masks are loaded
            only if `instances` asks for them.
    """
    known = data.has_regions(split, role)
    masks = wanted(data, split, role, regions=known, instances=instances)
    if data.region_names:
        masks["attribute_regions"] = True
    return masks


def require_instances(data, split, role=None):
    """Raises a `UserError` if a role, or one of all, has none."""
    if not data.has_instances(split, role):
        raise _without(
            data,
            kind="instance masks",
            split=split,
            folders=f"{split}A_seg and {split}B_seg with NAME_0.png, "
            "NAME_1.png, ... for each image",
        )


def _without(data, kind, split, folders):
    """The `UserError` of masks that are not there."""
    advice = f"Add the folders {folders}."
    if data.layout != "domains":
        advice = "Only trainA and trainB that are no pairs have them."
    return UserError(f"{data.location} has no {kind} for {split}. {advice}")
