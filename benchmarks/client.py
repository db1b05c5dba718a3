"""Tests the client's wheel with several versions of protobuf and grpcio.

    python benchmarks/client.py

For each row, it installs the wheel with these versions and nothing else into a
new folder. It imports the client there in new processes and sends requests to a
local server. It shows the processor time and the memory of the import, the
smallest of three. It needs a package index for pip.
"""

import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [str(ROOT)] + [
    entry for entry in sys.path if Path(entry).resolve() != ROOT / "benchmarks"
]

# protobuf, grpcio, numpy: the oldest, the newest and some in between.
VERSIONS = (
    "==4.22.0 ==1.51.1 ==1.24.0",
    "==4.24.4 ==1.51.1 ==1.24.0",
    "==4.25.0 ==1.51.1 ==1.24.0",
    "==5.26.0 ==1.62.0 ==2.0.0",
    "==5.29.0 ==1.70.0 ==2.0.0",
    "==6.30.0 ==1.70.0 ==2.2.0",
    "<7 <2 <3",
    "<8 <2 <3",
)
ASK = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.process_time()
import serving.client
seconds = time.process_time() - start
status = open("/proc/self/status").read()
private, whole = (
    int(status.split(name)[1].split()[0]) / 1024
    for name in ("RssAnon:", "VmRSS:")
)
import google.protobuf, grpc, numpy
with serving.client.Client(sys.argv[2], "toy") as client:
    answer = client.predict({"x": numpy.ones((2, 4), numpy.float32)})
    assert answer.outputs["z"].sum() == 16 and client.metadata().signatures
print(f"{seconds:.2f} {private:.0f} {whole:.0f}", google.protobuf.__version__,
      grpc.__version__, numpy.__version__)
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the benchmark."""

    versions: tuple[str, ...] = VERSIONS
    """One "PROTOBUF GRPCIO NUMPY" for each row: versions in pip's form."""


def pip(*arguments):
    """Runs pip. Returns the text of its error, or None."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments],
        capture_output=True,
        text=True,
    )
    return done.stderr.strip()[-200:] if done.returncode else None


def row(folder, wheel, versions, target):
    """The cells of one row."""
    names = ("protobuf", "grpcio", "numpy")
    wanted = map("".join, zip(names, versions.split(), strict=True))
    problem = pip(
        *shlex.split("install --only-binary :all: --no-deps --target"),
        str(folder),
        str(wheel),
        "typing_extensions",
        *wanted,
    )
    if problem:
        return [versions, f"not installed: {problem}"]
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", ASK, str(folder), target],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return [versions, f"exit code {done.returncode}"]
        runs.append(done.stdout.split())
    return min(runs, key=lambda cells: float(cells[0]))


def main(argv=None):
    """Runs the benchmark. Returns the exit code."""
    from serving.commands.command_line import parse_command_line
    from serving.conformance.fixture import write_version
    from serving.conformance.processes import running_server

    options = parse_command_line(Options, argv, "benchmarks/client.py")
    print("import s | private MB | resident MB | protobuf | grpcio | numpy")
    with tempfile.TemporaryDirectory() as work:
        problem = pip(
            "wheel", "--no-deps", "--wheel-dir", work, str(ROOT / "client")
        )
        if problem:
            print(problem, file=sys.stderr)
            return 1
        (wheel,) = Path(work).glob("*.whl")
        base = Path(work, "base")
        write_version(base, "toy", 1)
        with running_server("--base", base) as (target, _):
            for number, versions in enumerate(options.versions):
                cells = row(Path(work, str(number)), wheel, versions, target)
                print(" | ".join(cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
