"""The commit of the sources that is written into a run's records."""

import shutil
import subprocess

import pytest

from tfmask.ops.package_versions import git_commit

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs Git")


@pytest.fixture
def checkout(tmp_path):
    """A folder with one commit, which has the file `own.py`."""

    def git(*words):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        answer = subprocess.run(
            ["git", *name, *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout.strip()

    (tmp_path / "own.py").touch()
    git("init", "--quiet")
    git("add", "own.py")
    git("commit", "--quiet", "--message", "first")
    return tmp_path, git("rev-parse", "HEAD")


def test_the_commit_of_a_checkout(checkout):
    folder, commit = checkout
    assert git_commit(folder / "own.py") == commit


def test_a_package_inside_another_project_has_no_commit(checkout):
    package = checkout[0] / ".venv" / "tfmask"
    package.mkdir(parents=True)
    (package / "run.py").touch()
    assert git_commit(package / "run.py") is None


def test_no_checkout_and_no_git_have_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit(tmp_path / "run.py") is None
    monkeypatch.setenv("PATH", "")
    assert git_commit() is None
