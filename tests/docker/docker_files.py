"""Readers of the files under docker/, as far as the tests need them."""

import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, with continued lines joined."""

    name: str
    text: str

    @property
    def words(self):
        """The list of a JSON form, or the words of the shell form."""
        if self.text.startswith("["):
            return json.loads(self.text)
        return self.text.split()


def instructions(name):
    """The instructions of `docker/<name>`."""
    lines = (DOCKER / name).read_text().splitlines()
    without_comments = [
        line for line in lines if not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", "", "\n".join(without_comments))
    return [
        Instruction(*line.split(None, 1))
        for line in joined.splitlines()
        if line.strip()
    ]


def stages(name):
    """Stage name to its instructions; a stage starts with its parent's."""
    steps_by_stage, current, before = {}, None, []
    for step in instructions(name):
        if step.name == "FROM":
            words = step.words
            label = words[2] if len(words) > 2 else "last"
            parent = steps_by_stage.get(words[0], [*before, step])
            current = steps_by_stage[label] = list(parent)
        elif current is None:
            before.append(step)
        else:
            current.append(step)
    return steps_by_stage


def last(steps, name):
    """The instruction of that name that counts, or None."""
    return next((s for s in reversed(steps) if s.name == name), None)


def arguments(steps):
    """ARG name to its default ("" for none)."""
    pairs = (s.text.partition("=") for s in steps if s.name == "ARG")
    return {name: value for name, _, value in pairs}


VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def substitute(value):
    """Compose's `${NAME:-default}` with the defaults."""
    if isinstance(value, dict):
        return {key: substitute(item) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item) for item in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: match[2] or "", value)
    return value


def included(path):
    """Whether `.dockerignore` lets a path of the repository through."""
    is_included = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        wanted = not line.startswith("!")
        pattern = line.lstrip("!")
        parts = Path(path).parts
        if pattern.startswith("**/"):
            hit = any(Path(part).match(pattern[3:]) for part in parts)
        elif pattern == "*":
            hit = True
        else:
            hit = parts[: len(Path(pattern).parts)] == Path(pattern).parts
        if hit:
            is_included = not wanted
    return is_included
