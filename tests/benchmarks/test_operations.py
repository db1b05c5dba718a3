"""The benchmark of operations: both Adams have their times."""

import re


def test_a_short_run(load_script, capsys):
    load_script("operations").main(["--weights", "64", "--repeats", "1"])
    out = capsys.readouterr().out
    assert re.match(r"Adam, 64 weights: Keras \d+ ms, tfmask \d+ ms$", out)
