"""Every line of Python in README and docs/python.md runs as it stands.

README's ten lines are the first of docs/python.md.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TINY = (
    "filters=4, blocks=1, attention_filters=4, attention_blocks=1, "
    "discriminator_filters=4, discriminator_layers=1"
)
# The pages' lengths, and those of a test.
SHORTER = {
    "cycle_weight=5": f"cycle_weight=5, {TINY}",
    '"quick", data)': f'"quick", data, {TINY})',
    "64, 64, 3": "16, 16, 3",
    "image_size=64": "image_size=16",
    "steps=2000": "steps=2",
    "steps=2500": "steps=3",
    "steps_per_epoch=20, epochs=2": "steps_per_epoch=1, epochs=1",
}


def python_of(name):
    """The code of a page: fenced blocks, or indented ones with `tfmask.`."""
    text = (ROOT / name).read_text()
    if name == "README.md":
        blocks = re.findall(r"\n\n((?:    .*\n|\n(?=    ))+)", text)
        blocks = [re.sub("(?m)^    ", "", block) for block in blocks]
        blocks = [block for block in blocks if "import tfmask" in block]
    else:
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for long, short in SHORTER.items():
        blocks = [block.replace(long, short) for block in blocks]
    return blocks


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder to run in, with `photos` and `apple.jpg`."""
    from PIL import Image

    from data_pipelines.synthetic import write_folder

    write_folder(tmp_path / "photos", {"train": 3, "test": 2}, 32)
    image = next((tmp_path / "photos" / "testA").iterdir())
    Image.open(image).resize((50, 37)).save(tmp_path / "apple.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_both_show_the_same_ten_lines():
    (lines,) = python_of("README.md")
    assert python_of("docs/python.md")[0] == lines
    assert len(lines.strip().splitlines()) == 10


@pytest.mark.slow
@pytest.mark.release
def test_the_page_runs_in_a_jupyter_kernel(photos, monkeypatch):
    import nbclient
    import nbformat

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    checks = (
        "assert result.image.shape == (37, 50, 3)",
        'assert numbers["directions"]',
    )
    lines = [*python_of("docs/python.md"), *checks]
    cells = [nbformat.v4.new_code_cell(line) for line in lines]
    notebook = nbformat.v4.new_notebook(cells=cells)
    # A cell that raises raises here.
    nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(photos)}},
    ).execute()
    assert (photos / "models" / "photos" / "1" / "saved_model.pb").is_file()
    assert (photos / "runs" / "first" / "index.html").is_file()
