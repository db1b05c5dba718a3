"""Runs every verb in environments with only the declared packages.

    make test-install

The test suite runs from the checkout with the extras `test` and `dev`, so it
cannot see that a dependency is not declared. This makes two environments, far
from the checkout: one with the package's wheel and nothing else, and one by
what docker/train.Dockerfile does, line by line. In the first, every verb runs
for a few steps on tiny networks. In the second, a model is trained, evaluated,
exported, served and asked.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "docker"))
from docker_files import arguments, included, last, stages  # noqa: E402
from environments import Environment, Failed, run  # noqa: E402

DOCKERFILE = "train.Dockerfile"
TINY = (
    "--image-size 32 --batch-size 1 --method.filters 4 --method.blocks 1 "
    "--method.discriminator-filters 4 --method.discriminator-layers 1"
)


def check_road(env, ask=lambda target, images: None):
    """Trains a model, evaluates, exports, serves and asks it.

    Args:
        env: `Environment`.
        ask: function that asks the server, too: its address, and a folder.
    """
    where = run(
        [env.bin / "python", "-c", "import tfmask; print(tfmask.__file__)"],
        cwd=env.work,
        env=env.variables,
    )
    if not where.startswith(str(env.bin.parent)):
        raise Failed(f"tfmask comes from {where}")
    run(
        [
            env.bin / "python",
            *shlex.split(
                "-m data_pipelines.synthetic --output set --image-size 32 "
                "--train-count 2 --test-count 2"
            ),
        ],
        cwd=env.work,
        env=env.variables,
    )
    env.tfmask(
        f"train cyclegan --data set --run run --steps 2 {TINY} "
        "--run.sample-every 1"
    )
    env.needs("run/index.html", "run/tensorboard", "run/model_card.md")
    env.tfmask("evaluate --run run --data set --json numbers.json --limit 2")
    env.needs("numbers.json", "run/evaluation/index.html")
    env.tfmask("translate --run run --input set/testA --output out")
    env.needs("out/masks")
    env.tfmask("export --run run --base models --name tiny --check")
    with env.server("models") as target:
        env.tfmask(
            f"query --target {target} --model tiny --input set/testA "
            "--output answers"
        )
        ask(target, env.work / "set" / "testA")
    env.needs("answers")


def check_other_verbs(env):
    """Runs the other verbs once, after `check_road`."""
    env.tfmask("classifier --data set --out judge --steps 1 --batch-size 2")
    env.tfmask(
        "metrics --real set/testB --fake out --json kid.json "
        "--features classifier --weights judge --splits 1"
    )
    env.needs("judge/about.json", "kid.json")
    env.tfmask(
        "benchmark --data set --out compared --methods cyclegan --steps 1 "
        f"--train-options='{TINY}'"
    )
    env.needs("compared/index.html")
    env.tfmask("study --runs run out --inputs set/testA --out study")
    env.needs("study")
    env.tfmask(
        "prepare instances --images set/trainA --output prepared "
        "--folder trainA --label-maps set/trainA_mask"
    )
    env.needs("prepared/trainA_seg")
    # It reads the options of all verbs, those with extras, too.
    env.tfmask("completion bash")
    # A verb that needs an extra says so before it reads anything.
    env.tfmask(
        "embed --run missing --output codes",
        code=1,
        text="pip install 'tfmask[embed]'",
    )
    env.tfmask(
        "app --target 127.0.0.1:9 --model missing",
        code=1,
        text="pip install 'tfmask[app]'",
    )
    # Nobody listens on port 9. So the download fails, with one line.
    closed = dict.fromkeys(("https_proxy", "http_proxy"), "http://127.0.0.1:9")
    env.tfmask(
        "train cyclegan --data tfds:cycle_gan/horse2zebra --run zebras",
        code=1,
        text="Is there a network?",
        TFDS_DATA_DIR=str(env.work / "tfds"),
        **closed,
    )


def check_wheel(folder):
    """The wheel without extras, in an environment made from nothing."""
    env = Environment(folder)
    env.install(
        f"pip wheel --no-deps --wheel-dir . {source_of(folder)}", folder
    )
    env.install("pip install tfmask-*.whl", folder)
    check_road(env, least_client(folder))
    check_other_verbs(env)


def least_client(folder):
    """The client with the least versions that it declares.

    Args:
        folder: where the package's source and wheel lie.

    Returns:
        Function that asks a server for `tiny`; see `check_road`.
    """
    env = Environment(folder / "client")
    source = folder / "source" / "client"
    before = sorted(path.name for path in source.iterdir())
    env.install(f"pip wheel --no-deps --wheel-dir . {source}", env.work)
    after = sorted(path.name for path in source.iterdir())
    if before != after:
        raise Failed(f"Building the client's wheel left {after}")
    (wheel,) = env.work.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        metadata = archive.read(name).decode()
    least = re.findall(r"Requires-Dist: ([\w-]+)\S*>=([\d.]+)(.*)", metadata)
    if sys.version_info >= (3, 12):
        print("  the client's least versions have no wheels for this Python")
        least = []

    def install(extra, wanted):
        versions = " ".join(f"{n}=={v}" for n, v, more in least if wanted(more))
        env.install(
            f"pip install --only-binary :all: {wheel}{extra} {versions}",
            env.work,
        )

    install("", lambda more: "extra" not in more)
    query = [env.bin / "tfmask-query", "--model", "tiny", "--output", "out"]
    bare = subprocess.run(
        [*query, "--target", "127.0.0.1:1", "--input", "."],
        cwd=env.work,
        env=env.variables,
        capture_output=True,
        text=True,
    )
    hint = "pip install 'tfmask-client[query]'"
    if bare.returncode != 1 or hint not in bare.stderr.splitlines()[0]:
        raise Failed(f"`tfmask-query` without its extra said {bare.stderr}")
    install("[query]", lambda more: True)
    print(f"  client: {run([env.bin / 'pip', 'freeze']).split()}")

    def ask(target, images):
        run(
            [*query, "--target", target, "--input", images],
            cwd=env.work,
            env=env.variables,
        )
        env.needs("out", "out/masks")

    return ask


def source_of(folder):
    """A copy of what git knows or would add: a build leaves files behind."""
    source = folder / "source"
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
    )
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    return source


def check_image(folder):
    """What docker/train.Dockerfile does, in a virtual environment."""
    stages_by_name = stages(DOCKERFILE)
    steps = stages_by_name["train"]
    env = Environment(folder, image_variables(steps))
    app = folder / "app"
    app.mkdir()
    replay(env, steps, app)
    check_road(env)
    more = stages_by_name["conformance"]
    replay(env, more[len(steps) :], app)
    words = [*last(more, "ENTRYPOINT").words, *last(more, "CMD").words]
    run([env.bin / words[0], *words[1:]], cwd=app, env=env.variables)


def image_variables(steps):
    """Name to value of the ENV and ARG instructions."""
    set_there = [w for s in steps if s.name == "ENV" for w in s.words]
    return {
        **arguments(steps),
        **dict(word.split("=", 1) for word in set_there),
    }


def replay(env, steps, app):
    """Does in `app` what COPY and RUN do in the image's WORKDIR.

    Raises:
        Failed: a step failed, or is of a kind that is unknown here.
    """
    for step in steps:
        if step.name == "COPY":
            copy_step(step, app)
        for command in step.text.split("&&") if step.name == "RUN" else ():
            command = command.strip()
            if command.startswith("pip install "):
                # The machine decides whether pip keeps a cache.
                env.install(command.replace("--no-cache-dir ", ""), app)
            elif not command.startswith("install -d "):  # the mount points
                raise Failed(f"{DOCKERFILE}: cannot replay `{command}`")


def copy_step(step, app):
    *sources, target = step.words
    for name in sources:
        listed = run(["git", "ls-files", "-z", name], cwd=ROOT)
        for file in filter(None, listed.split("\0")):
            if not included(file):
                continue
            # COPY takes the content of a folder, but a file by its name.
            part = Path(file).relative_to(name)
            inside = part if str(part) != "." else Path(file).name
            path = app / target / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, path)


CHECKS = {"wheel": check_wheel, "image": check_image}


def main(argv=None):
    """Runs the checks. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS)
    )
    names = parser.parse_args(argv).checks or list(CHECKS)
    if unknown := set(names) - set(CHECKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    for name in names:
        begin = time.monotonic()
        print(f"install: {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="tfmask-") as folder:
            try:
                CHECKS[name](Path(folder).resolve())
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"install: {name}: {error}", file=sys.stderr)
                return 1
        print(f"install: {name}: passed, {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
