"""Jobs and results of a benchmark, without a training."""

import json
from pathlib import Path

from tfmask.evaluation.ablations import chosen_arms
from tfmask.evaluation.benchmark import Job
from trainers.benchmark import Options


def options(out, **changes):
    return Options(out=out, **{"data": "photos", "steps": 9, **changes})


def jobs(out, methods=("cyclegan", "instagan"), seeds=1, ablations=()):
    return [
        Job(arm, seed, out)
        for seed in range(seeds)
        for arm in chosen_arms(methods, ablations)
    ]


def write_numbers(path, iou=0.5, identity=True):
    rows = {"model": {"mask_iou": iou, "background_psnr": "inf"}}
    if identity:
        rows["identity"] = {"mask_iou": 0.0, "background_psnr": "inf"}
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    result = {"image_size": 8, "directions": {"a_to_b": rows}}
    file.write_text(json.dumps(result))
