"""Every image with instances is translated, and measured around these."""

from tfmask.evaluation.judges import Shapes
from tfmask.evaluation.shape_classifier import mask_crops
from tfmask.evaluation.tasks.directions import Directions
from tfmask.ops.errors import UserError

NO_OUTLINES = (
    "The method translates plain images: `context_l1` is of the pixels in none "
    "of the given masks; `instances_kept` and `target_share` are null."
)


class Instances(Directions):
    """Methods of instances, and plain ones where that is asked for."""

    offers = frozenset({"instances"})
    beside = ()

    def __init__(self, context):
        super().__init__(context)
        self.judge = Shapes(context)
        self._plain = "instances" not in context.inputs

    @classmethod
    def fits(cls, context):
        return context.instances or "instances" in context.inputs

    def notes(self, title, count):
        context, domain = self.context, title[0]
        least = context.min_instances
        if not count:
            raise UserError(
                f"No image of {context.split}{domain.upper()} has {least} "
                "instances or more."
            )
        notes = [NO_OUTLINES] if self._plain else []
        if count < context.count(domain):
            notes.append(
                f"{title}: images with fewer than {least} instances were left "
                "out."
            )
        return notes

    def batches(self, direction):
        batches = self.context.data.test_batches
        return self.context.read(batches, direction[0], with_instances=True)

    def examples(self, direction, batch):
        instance_counts = batch["instances"].any((2, 3, 4)).sum(1)
        enough = instance_counts >= self.context.min_instances
        if not enough.any():
            return
        chosen = {name: values[enough] for name, values in batch.items()}
        for title, example in super().examples(direction, chosen):
            for answer in example.rows.values():
                if "instances" in answer:
                    crops = mask_crops(answer["instances"])
                    answer["taken"] = self.judge.takes_for(crops, direction[-1])
            yield title, example

    def shown(self, batch, answer):
        return {
            "input": batch["image"],
            "its masks": batch["instances"].max(1),
            "translation": answer["image"],
            **({} if self._plain else {"translated masks": answer["mask"]}),
        }

    def more_rows(self, direction, batch):
        same = {name: batch[name] for name in ("image", "instances")}
        return {"identity": same}
