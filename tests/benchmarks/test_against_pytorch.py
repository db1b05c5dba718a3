"""Several methods next to PyTorch: rows, their mean, what is measured again."""

import json

import pytest

from benchmarks import against_pytorch, train_step


def result(**steps):
    """A report of `train_step`: our and PyTorch's ms of kinds of steps."""
    sides = zip(*steps.values(), strict=True)
    kinds = [
        {
            key: {"wall_ms": ms, "cpu_ms": ms / 2}
            for key, ms in zip(steps, side, strict=True)
        }
        for side in sides
    ]
    return {
        "device": "CPU",
        "steps": dict(zip(("tfmask", "pytorch"), kinds, strict=True)),
        "ratios": {
            key: {"wall_ms": ours / theirs, "cpu_ms": 0.5}
            for key, (ours, theirs) in steps.items()
        },
    }


def test_the_mean_step_counts_where_there_is_one():
    row = against_pytorch.row_of(
        result(critic=(1.0, 2.0), both=(6.0, 6.0), mean=(2.0, 4.0))
    )
    expected = {"ms": 2.0, "pytorch_ms": 4.0, "ratio": 0.5, "cpu_ratio": 0.5}
    assert row == expected | {"device": "CPU"}
    assert against_pytorch.row_of(result(step=(3.0, 4.0)))["ratio"] == 0.75


@pytest.fixture
def compared(monkeypatch):
    """Methods in the order in which they were compared."""
    names, times = [], {"cyclegan": (1.0, 2.0), "munit": (9.0, 2.0)}

    def rows(method, arguments):
        names.append(method)
        return against_pytorch.row_of(result(step=times[method]))

    monkeypatch.setattr(against_pytorch, "compared", rows)
    return names


def test_a_geometric_mean_and_a_resumed_run(compared, tmp_path, capsys):
    file = tmp_path / "rows.json"
    options = ["--all", "--vs", "torch", "--json", str(file), "--methods"]
    assert train_step.main([*options, "cyclegan"]) == 0
    assert train_step.main([*options, "cyclegan", "munit", "--resume"]) == 0
    assert compared == ["cyclegan", "munit"]
    # sqrt(0.5 * 4.5)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["geometric", "mean", "1.50", "0.50"]
    assert list(json.loads(file.read_text())["methods"]) == compared
    with pytest.raises(SystemExit, match="has rows of other options"):
        train_step.main([*options, "munit", "--resume", "--rounds", "7"])


def test_small_networks_of_some_methods(compared, capsys):
    options = ["--all", "--vs", "torch", "--preset", "quick", "--methods"]
    train_step.main([*options, "cyclegan"])
    assert compared == ["cyclegan"]
    with pytest.raises(SystemExit):
        train_step.main([*options, "cyclegan", "munit"])
    assert "attention_guided, not of munit" in capsys.readouterr().err
