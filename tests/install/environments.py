"""New virtual environments, and what `tfmask` does in them."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time

# Variables that would let in the checkout or the network.
LEFT_OUT = re.compile(r"PYTHON.*|VIRTUAL_ENV|TFDS_.*|(https?|no)_proxy", re.I)


class Failed(Exception):
    """A command did something else than expected."""


class Environment:
    """A new virtual environment, and commands in a folder of their own.

    Args:
        folder: path to make; `folder/work` is where commands run.
        variables: dict, environment variables beside the machine's.
    """

    def __init__(self, folder, variables=()):
        self.bin, self.work = folder / "venv" / "bin", folder / "work"
        self.work.mkdir(parents=True)
        run([sys.executable, "-m", "venv", folder / "venv"])
        variables_kept = {
            k: v for k, v in os.environ.items() if not LEFT_OUT.match(k)
        }
        self.variables = {
            **variables_kept,
            **dict(variables),
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "CUDA_VISIBLE_DEVICES": "-1",
        }

    def install(self, command, cwd):
        """Runs pip's command line, with the machine's own settings of pip."""
        home = {"HOME": os.environ.get("HOME", "")}
        run(["bash", "-c", command], cwd=cwd, env={**self.variables, **home})

    def tfmask(self, line, *, code=0, text="", **variables):
        """Runs `tfmask LINE`.

        Args:
            line: str, the command line.
            code: int, the exit code that it must have.
            text: str that must stand in the line that names its error.
            **variables: environment variables.

        Raises:
            Failed: it did something else.
        """
        begin = time.monotonic()
        done = subprocess.run(
            [self.bin / "tfmask", *shlex.split(line)],
            cwd=self.work,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=1800,
        )
        seconds = time.monotonic() - begin
        print(f"  {seconds:5.1f} s  tfmask {line}"[:79], flush=True)
        errors = [
            shown
            for shown in done.stderr.splitlines()
            if shown.startswith("tfmask: error: ") and text in shown
        ]
        # Warnings would hide the line of the error.
        loud = code and len(done.stderr.splitlines()) > 5
        if done.returncode != code or len(errors) != bool(code) or loud:
            raise Failed(
                f"`tfmask {line}` ended with {done.returncode}, expected "
                f"{code}{f' and one line with `{text}`' if text else ''}:\n"
                f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            )

    def needs(self, *paths):
        """Files and folders that the commands must have left."""
        for path in paths:
            target = self.work / path
            if not target.exists() or (
                target.is_dir() and not any(target.iterdir())
            ):
                raise Failed(f"{path} is missing in {self.work}, or empty.")

    @contextlib.contextmanager
    def server(self, base):
        """`tfmask serve` while the block runs; gives its address."""
        log = self.work / "serve.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [self.bin / "tfmask", "serve", "--base", base, "--port", "0"],
                cwd=self.work,
                env=self.variables,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            for line in process.stdout:
                if line.startswith("serving on "):
                    yield line.removeprefix("serving on ").strip()
                    return
            raise Failed(
                f"`tfmask serve` ended with {process.wait()}:\n"
                f"{log.read_text()[-3000:]}"
            )
        finally:
            process.terminate()
            process.wait(timeout=30)


def run(command, **options):
    """Runs a command that must succeed; its output is shown if it does not."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if done.returncode:
        raise Failed(f"{command} failed:\n{done.stdout[-3000:]}")
    return done.stdout
