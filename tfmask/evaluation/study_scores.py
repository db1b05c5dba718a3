"""Counting what people answered on a page of `tfmask study`."""

import base64
import json

from tfmask.ops.errors import UserError


def read_answers(files, expected):
    """Files that the page of one study saved.

    Args:
        files: paths.
        expected: str, the known format.

    Returns:
        list of dicts as in the files, with `key` decoded.

    Raises:
        UserError: a file does not come from the page, it belongs to another
            study, or it is the second file of a person.
    """
    answer_sheets = []
    for path in files:
        try:
            answers = json.loads(path.read_text(encoding="utf-8"))
            if answers["format"] != expected:
                raise ValueError(f"its format is {answers['format']!r}")
            answers["key"] = json.loads(base64.b64decode(answers["key"]))
            for answer in answers["answers"]:
                _check(answer, answers)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise UserError(
                f"`{path}` is no file of answers that a page of `tfmask study` "
                f"saved (expected format {expected}): {error}"
            ) from error
        for other, before in zip(files, answer_sheets, strict=False):
            if before["study"] != answers["study"]:
                raise UserError(
                    f"`{path}` belongs to another study than `{other}`. Count "
                    "one study at a time."
                )
            if before["rater"] == answers["rater"]:
                raise UserError(
                    f"`{other}` and `{path}` are of one person. Give the one "
                    "that was saved last."
                )
        answer_sheets.append(answers)
    return answer_sheets


def _check(answer, answers):
    inside = (
        0 <= answer["question"] < len(answers["questions"])
        and 0 <= answer["pair"] < len(answers["key"]["first"])
        and answer["picture"] in (0, 1)
        and answer["side"] in ("left", "right")
    )
    if not inside:
        raise ValueError(f"there is no such answer as {answer}")


def scores(everybody):
    """How often each run was chosen.

    Args:
        everybody: the list of `read_answers`.

    Returns:
        dict with `names` of the runs, `people`, and `questions`: for each its
        `question`, `answers`, `chosen` (a count for each run), `percent`,
        `interval` (95 % in percent, for each run: the exact binomial one of
        Clopper and Pearson), `p_value` (two-sided, against a coin) and
        `left_percent`. `left_percent` is about 50 if people look at the
        pictures. Without answers, all values except the counts are None. The
        interval assumes that answers are independent. Answers of one person are
        not fully independent.
    """
    key, questions = everybody[0]["key"], everybody[0]["questions"]
    return {
        "names": key["names"],
        "people": len(everybody),
        "questions": [
            _count(
                text,
                key["first"],
                [
                    answer
                    for answers in everybody
                    for answer in answers["answers"]
                    if answer["question"] == number
                ],
            )
            for number, text in enumerate(questions)
        ],
    }


def _count(question, first, answers):
    from scipy.stats import binomtest

    total = len(answers)
    second = sum(
        answer["picture"] ^ first[answer["pair"]] for answer in answers
    )
    chosen = [total - second, second]
    result = {"question": question, "answers": total, "chosen": chosen}
    if not total:
        nothing = ("percent", "interval", "p_value", "left_percent")
        return {**result, **dict.fromkeys(nothing)}
    tests = [binomtest(count, total) for count in chosen]
    intervals = [test.proportion_ci(0.95, method="exact") for test in tests]
    left = sum(answer["side"] == "left" for answer in answers)
    return {
        **result,
        "percent": [100.0 * count / total for count in chosen],
        "interval": [[100.0 * low, 100.0 * high] for low, high in intervals],
        "p_value": float(tests[0].pvalue),
        "left_percent": 100.0 * left / total,
    }


def print_scores(result):
    """A table on stdout."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{result['people']} people; chosen, with 95 % intervals"
    )
    table.add_column("question")
    for name in result["names"]:
        table.add_column(name, justify="right")
    for column in ("answers", "p", "left"):
        table.add_column(column, justify="right")
    for row in result["questions"]:
        cells = ["-"] * 4
        if row["answers"]:
            cells = [
                f"{percent:.1f} % ({low:.1f} to {high:.1f})"
                for percent, (low, high) in zip(
                    row["percent"], row["interval"], strict=True
                )
            ]
            cells += [f"{row['p_value']:.3g}", f"{row['left_percent']:.0f} %"]
        table.add_row(
            row["question"], *cells[:2], str(row["answers"]), *cells[2:]
        )
    Console().print(table)
