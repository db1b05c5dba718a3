"""The error that users see as one line."""

from tfmask.ops.errors import UserError, unknown_name


def test_the_nearest_names_are_offered():
    error = unknown_name(
        "method", "cyclegann", ["attention_guided", "cyclegan"]
    )
    assert isinstance(error, UserError)
    assert str(error) == (
        "Unknown method `cyclegann`. Did you mean: cyclegan? "
        "Known: attention_guided, cyclegan."
    )


def test_nothing_is_offered_when_nothing_is_near():
    text = str(unknown_name("preset", "zzz", iter(["quick", "paper"])))
    assert "Did you mean" not in text
    assert text.endswith("Known: paper, quick.")
