"""The model card of a run folder: what it is, from what, and how good."""

import dataclasses
import datetime
import hashlib
import json
from pathlib import Path

from tfmask.evaluation.tables import table_of
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_json, write_text
from tfmask.ops.locks import turn
from tfmask.ops.package_versions import package_versions

CARD = "model_card.md"
FACTS = "model_card.json"

USE = """\
Translation of images like those of the data below, one domain into the
other or to other attributes, with the mask that says what was changed;
research and inspection.
"""

LIMITS = """\
- Without pairs nothing forces a translation to be right, only to look like
  the other domain or attributes; with pairs, what the input leaves open is
  guessed. Do not take one as evidence of anything.
- Images unlike the training data (other objects, scale, light) give
  translations and masks that were never measured.
- Trained at one image size; other sizes run, objects of another size in
  pixels are translated worse.
- A mask above 0.5 is a guess at the object, not a segmentation to rely on.
"""


def config_hash(config):
    """First 12 hex digits of the SHA-256 of the config's sorted JSON."""
    text = json.dumps(_plain(config), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_model_card(
    run, *, config, method, data, step, command_line, sample=None
):
    """Writes `model_card.md`, and its facts as `model_card.json` beside it.

    Numbers of an earlier `add_evaluation` stay, with their step.

    Args:
        run: run folder.
        config: resolved config (dataclass or dict) with `method_name` and
            `preset`.
        method: object with `spec`.
        data: dict, `describe()` of the data.
        step: int, number of training steps.
        command_line: list of str.
        sample: str, a picture's path relative to the run folder, or None.

    Returns:
        Path of the card.
    """
    run = Path(run)
    plain = _plain(config)
    facts = {
        "name": run.resolve().name,
        "method": plain["method_name"],
        "preset": plain["preset"],
        "mask_kind": method.spec.mask_kind,
        "mask": method.spec.mask,
        "config_hash": config_hash(config),
        "data": data,
        "step": int(step),
        "command_line": list(command_line),
        "sample": sample,
        "versions": package_versions(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    run.mkdir(parents=True, exist_ok=True)
    with turn(run):  # a run may be evaluated during its training
        old = _read(run) or {}
        for name in ("evaluation", "mask_thresholds"):
            facts[name] = old.get(name)
        return _write(run, facts)


def add_evaluation(run, result):
    """Puts the numbers of `tfmask evaluate` into a run's card.

    Args:
        run: run folder.
        result: dict that `tfmask evaluate` writes as JSON.

    Returns:
        Path of the card. None if the run has no card.
    """
    with turn(run):
        facts = _read(Path(run))
        if facts is None:
            return None
        facts["evaluation"] = result
        return _write(Path(run), facts)


def add_thresholds(run, thresholds, step):
    """Puts the thresholds of the run's masks into its card.

    Args:
        run: run folder. If it has no card, nothing changes.
        thresholds: dict of `mask_thresholds`.
        step: int, number of training steps.
    """
    with turn(run):
        facts = _read(Path(run))
        if facts is None:
            return
        facts["mask_thresholds"] = {"step": int(step), **thresholds}
        _write(Path(run), facts)


def read_thresholds(run, step):
    """The thresholds of the run's masks at a step.

    Args:
        run: run folder.
        step: int, number of training steps of the weights that make the masks.

    Returns:
        dict of direction to float. It is empty if the card has no thresholds,
        or those of another step.
    """
    thresholds = dict((_read(Path(run)) or {}).get("mask_thresholds") or {})
    return thresholds if thresholds.pop("step", None) == step else {}


def _write(run, facts):
    write_json(run / FACTS, facts)
    write_text(run / CARD, _card(facts))
    return run / CARD


def _read(run):
    path = run / FACTS
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(
            f"`{path}` is damaged ({error}). Delete it; training writes a "
            "new one."
        ) from error


def _card(facts):
    parts = [
        f"# {facts['name']}",
        f"{facts['method']} (preset {facts['preset']}), "
        f"{facts['step']:,} training steps. " + _mask_sentence(facts),
    ]
    if facts["sample"]:
        parts.append(f"![sample images of the run]({facts['sample']})")
    parts += [
        "## Intended use",
        USE.strip(),
        "## Limits",
        LIMITS.strip(),
        "## Data",
        _bullets(facts["data"]),
        "The licence of the data is not recorded: look it up before you "
        "share this model.",
        "## Numbers",
        _numbers(facts["evaluation"]),
        "## How it was made",
        _bullets(
            {
                "command": f"`{' '.join(facts['command_line'])}`",
                "config": f"`config.json`, hash {facts['config_hash']}",
                "versions": ", ".join(
                    f"{name} {version}"
                    for name, version in facts["versions"].items()
                ),
                "date": facts["date"],
            }
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _mask_sentence(facts):
    # Older cards do not have their own sentence.
    words = facts.get("mask") or method_spec(facts["method"]).mask
    thresholds = dict(facts.get("mask_thresholds") or {})
    step = thresholds.pop("step", None)
    if not thresholds:
        return words
    cuts = ", ".join(
        f"{value:.2f} ({name})" for name, value in thresholds.items()
    )
    return (
        f"{words} Object is above {cuts}: Otsu's threshold of its masks of "
        f"training images at step {step}, found without true masks."
    )


def _numbers(result):
    if result is None:
        return "Not evaluated yet: run `tfmask evaluate`."
    lines = [
        f"Split {result['split']} of {result['data']['location']}, step "
        f"{result['step']}. Images in [-1, 1]."
    ]
    for direction, rows in result["directions"].items():
        names, table = table_of(rows)
        lines += [
            "",
            f"**{direction}**, {result['n'][direction]} images",
            "",
            f"| {' | '.join(names)} |",
            "|---|" + "---:|" * (len(names) - 1),
            *(f"| {' | '.join(line)} |" for line in table),
        ]
    return "\n".join([*lines, "", *(f"- {note}" for note in result["notes"])])


def _bullets(values):
    return "\n".join(
        f"- {name.replace('_', ' ')}: "
        + (value if isinstance(value, str) else json.dumps(value))
        for name, value in values.items()
    )


def _plain(config):
    if dataclasses.is_dataclass(config):
        return dataclasses.asdict(config)
    return dict(config)
