"""The benchmark of answers: every form holds the same pixels."""


def test_the_rows_of_an_answer(load_script, capsys):
    benchmark = load_script("answer_forms")
    assert not benchmark.main(["--sides", "16", "--repeats", "3"])
    table = capsys.readouterr().out
    assert table.count("16") >= 4 and "typed fields" in table
    rows = {row[1]: row for row in benchmark.rows(16, 3)}
    assert set(rows) == {
        "typed fields",
        "tensor_content",
        "tensor_content, gzip",
        "PNG",
    }
    # Pixels of 128 and more take two bytes in a typed field.
    content, typed = rows["tensor_content"][2], rows["typed fields"][2]
    assert 16 * 16 * 4 < content < typed < 2 * content
    assert all(row[3] > 0 and row[4] > 0 for row in rows.values())
