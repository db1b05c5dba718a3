"""The sides of a whole training and of the bare step, and their ratio."""

import subprocess

import pytest

from benchmarks import whole_training


def test_the_time_of_a_process_is_that_of_its_processor():
    work = "import time\nwhile time.process_time() < 0.3: pass\nprint(7)"
    sleep = "import time; time.sleep(0.3)"
    output, seconds, _ = whole_training.run(["-c", work], 1)
    assert output == "7\n"
    assert seconds > 0.3
    _, asleep, wall = whole_training.run(["-c", sleep], 1)
    assert asleep < seconds
    assert wall > 0.3


@pytest.mark.parametrize("device", ["CPU", "NVIDIA H200"])
def test_only_the_steps_between_count(device, monkeypatch, capsys):
    """Starting takes 5 s, a step 0.2 s of which 0.19 s are the bare one."""
    commands = []

    def run(command, threads):
        commands.append(command)
        if "--bare" in command:
            return f'["{device}", 190.0]\n', 9.0, 9.0
        steps = int(command[command.index("--steps") + 1])
        processor, wall = (0.2, 0.0) if device == "CPU" else (0.0, 0.2)
        return "", 5.0 + processor * steps, 5.0 + wall * steps

    monkeypatch.setattr(whole_training, "run", run)
    options = "--steps 10 30 --rounds 2 --images 1 --image-size 16"
    assert whole_training.main(options.split()) == 0
    assert len(commands) == 6
    shown = capsys.readouterr().out
    assert "0.95 of the bare step's rate" in shown
    assert f"190.0   {device}\n" in shown


def test_a_run_that_fails_ends_the_benchmark():
    with pytest.raises(subprocess.CalledProcessError):
        whole_training.run(["-c", "raise SystemExit(3)"], 1)
