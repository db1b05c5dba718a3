"""Versions on disk and what the manager makes of them; no model is loaded."""

import threading
import time

import pytest

from serving.protocol.status import CallError
from serving.protocol.versions import (
    ModelSettings,
    Policy,
    State,
    find_versions,
)
from serving.server.lifecycle import Manager


class FakeServable:
    """Remembers whether it was freed."""

    def __init__(self, folder):
        self.folder, self.closed = folder, False

    def close(self):
        self.closed = True


class World:
    """A base folder, a manager on it, and the loads it made."""

    def __init__(self, base, **options):
        self.base, self.loads, self.broken = base, [], set()
        self.slow = threading.Event()
        self.slow.set()
        self.settings = [ModelSettings("toy", str(base))]
        options = {"poll_seconds": 0.02, "retries": 0, **options}
        self.manager = Manager(self.load, lambda: self.settings, **options)

    def load(self, name, folder):
        self.slow.wait(10)
        self.loads.append(int(folder.name))
        if int(folder.name) in self.broken:
            raise CallError(5, f"{folder.name} is broken")
        return FakeServable(folder)

    def use(self, policy):
        self.settings = [ModelSettings("toy", str(self.base), policy)]

    def publish(self, *numbers):
        for number in numbers:
            (self.base / str(number)).mkdir()

    def start_with_a_broken_one(self):
        """Version 1 answers in place of version 2."""
        self.broken.add(2)
        self.use(ANY)
        self.publish(1, 2)
        self.manager.start()
        self.becomes(v1="AVAILABLE", v2="END")

    def states(self):
        with self.manager.changed:
            model = self.manager.models.get("toy")
            versions = model.versions if model else {}
            return {n: v.state.name for n, v in versions.items()}

    def becomes(self, **expected):
        """Waits for states, given as v1="AVAILABLE"."""
        wanted = {int(key[1:]): state for key, state in expected.items()}
        end = time.monotonic() + 10
        while self.states() != wanted:
            assert time.monotonic() < end, self.states()
            time.sleep(0.01)


@pytest.fixture
def world(tmp_path, request):
    own_world = World(tmp_path, **getattr(request, "param", {}))
    yield own_world
    own_world.slow.set()
    own_world.manager.stop()


def answers(world, version=None, label=None, name="toy"):
    with world.manager.lookup(name, version, label) as (number, _):
        return number


def test_only_whole_integers_are_versions(tmp_path):
    for name in ("1", "007", "1.tmp", "tmp-1", "v1", "0.1", "", "-"):
        (tmp_path / f"{name or 'x'}").mkdir()
    (tmp_path / "5").write_text("a file counts, and then fails to load")
    assert sorted(find_versions(tmp_path)) == [1, 5, 7]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), {9}),
        (Policy(count=2), {3, 9}),
        (Policy("all"), {1, 3, 9}),
        (Policy("specific", versions=frozenset([1, 4])), {1}),
    ],
)
def test_policies(policy, expected):
    assert policy.choose([9, 1, 3]) == expected


def test_the_newest_version_takes_over_from_the_old_one(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    assert answers(world) == 1
    world.publish(2)
    world.becomes(v1="END", v2="AVAILABLE")
    assert answers(world) == 2
    with pytest.raises(CallError, match=r"Specific\(toy, 1\)") as caught:
        answers(world, 1)
    assert caught.value.code == 5


def test_the_old_version_answers_while_the_new_one_loads(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    world.slow.clear()
    world.publish(2)
    world.becomes(v1="AVAILABLE", v2="LOADING")
    assert answers(world) == 1
    world.slow.set()
    world.becomes(v1="END", v2="AVAILABLE")


def test_the_old_version_stays_if_the_new_one_is_broken(world):
    world.broken.add(2)
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    world.publish(2)
    world.becomes(v1="AVAILABLE", v2="END")
    assert world.manager.models["toy"].versions[2].error.text == "2 is broken"
    time.sleep(0.1)
    assert world.loads == [1, 2]  # not tried again while it stays there
    world.broken.clear()
    (world.base / "2").rmdir()
    time.sleep(0.1)
    world.publish(2)
    world.becomes(v1="END", v2="AVAILABLE")


@pytest.mark.parametrize(
    "world", [{"retries": 2, "retry_seconds": 0.05}], indirect=True
)
def test_a_failed_load_is_tried_again_and_stays_loading(world):
    world.broken.add(1)
    world.publish(1)
    world.manager.start()
    world.becomes(v1="LOADING")
    world.becomes(v1="END")
    assert world.loads == [1, 1, 1]


@pytest.mark.parametrize(
    "world", [{"retries": 5, "retry_seconds": 60}], indirect=True
)
def test_a_waiting_retry_holds_up_nothing(world):
    world.broken.add(2)
    world.use(Policy("all"))
    world.publish(1, 2)
    world.manager.start()
    world.becomes(v1="AVAILABLE", v2="LOADING")
    (world.base / "2").rmdir()
    world.becomes(v1="AVAILABLE", v2="END")


def test_a_version_in_use_is_freed_after_its_last_request(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    with world.manager.lookup("toy", None, None) as (_, servable):
        world.publish(2)
        world.becomes(v1="UNLOADING", v2="AVAILABLE")
        assert answers(world) == 2
        assert not servable.closed
    world.becomes(v1="END", v2="AVAILABLE")
    assert servable.closed


def test_stop_waits_for_requests_and_frees_everything(tmp_path):
    world = World(tmp_path)
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    stopper = threading.Thread(target=world.manager.stop)
    with world.manager.lookup("toy", None, None) as (_, servable):
        stopper.start()
        time.sleep(0.05)
        assert stopper.is_alive() and not servable.closed
    stopper.join(10)
    assert servable.closed


def test_a_vanished_base_leaves_the_model_serving(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    world.settings = [ModelSettings("toy", str(world.base / "gone"))]
    time.sleep(0.1)
    assert answers(world) == 1


def test_deleting_all_versions_unloads_the_last_one(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    (world.base / "1").rmdir()
    world.becomes(v1="END")
    with pytest.raises(CallError, match=r"Latest\(toy\)"):
        answers(world)


def test_a_policy_that_drops_several_keeps_one_until_it_can_swap(world):
    world.use(Policy("all"))
    world.publish(1, 2)
    world.manager.start()
    world.becomes(v1="AVAILABLE", v2="AVAILABLE")
    world.broken.add(3)
    world.publish(3)
    world.use(Policy("specific", versions=frozenset([3])))
    world.becomes(v1="END", v2="AVAILABLE", v3="END")
    assert answers(world) == 2


def test_the_same_number_is_not_loaded_again(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    (world.base / "1" / "saved_model.pb").write_text("new contents")
    time.sleep(0.1)
    assert world.loads == [1]


def test_a_fault_in_a_load_does_not_end_the_manager(world):
    def load(name, folder):
        if folder.name == "1":
            raise MemoryError("no room")
        return FakeServable(folder)

    world.manager._load = load
    world.use(Policy("all"))
    world.publish(1)
    world.manager.start()
    world.becomes(v1="END")
    world.publish(2)
    world.becomes(v1="END", v2="AVAILABLE")
    error = world.manager.models["toy"].versions[1].error
    assert (error.code, error.text) == (2, "MemoryError: no room")


def label(world, **labels):
    settings = [ModelSettings("toy", str(world.base), labels=labels)]
    world.manager.set_labels(settings)


def test_labels_need_a_version_that_answers(world):
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    label(world, stable=1)
    assert answers(world, label="stable") == 1
    with pytest.raises(CallError, match="assign label to version 2"):
        label(world, stable=2)
    assert answers(world, label="stable") == 1


@pytest.mark.parametrize(
    "world", [{"allow_labels_for_unavailable": True}], indirect=True
)
def test_new_labels_may_wait_but_old_ones_may_not_move(world):
    label(world, stable=1)
    world.publish(1)
    world.manager.start()
    world.becomes(v1="AVAILABLE")
    assert answers(world, label="stable") == 1
    with pytest.raises(CallError, match="not currently available"):
        label(world, stable=2)


def test_wait_loaded_tells_what_failed(world):
    world.broken.add(1)
    world.publish(1)
    world.manager.start()
    problems = world.manager.wait_loaded(["toy"], lambda: True)
    assert [(n, v.number, v.state) for n, v in problems] == [
        ("toy", 1, State.END)
    ]
    assert world.manager.wait_loaded(["other"], lambda: False) == []


ANY = Policy(replaces_broken=True)


@pytest.mark.parametrize(
    "world", [{}, {"retries": 3, "poll_seconds": 0}], indirect=True
)
def test_an_older_version_takes_the_place_of_a_broken_one(world):
    world.broken.update([2, 3])
    world.use(ANY)
    world.publish(1, 2, 3)
    world.manager.start()
    failed = world.manager.wait_loaded(["toy"], lambda: True, any_will_do=True)
    assert failed == []
    assert answers(world) == 1
    assert world.loads == [3, 2, 1]


def test_a_broken_version_that_comes_back_is_tried_again(world):
    world.start_with_a_broken_one()
    (world.base / "2").rmdir()
    world.broken.clear()
    time.sleep(0.1)
    world.publish(2)
    world.becomes(v1="END", v2="AVAILABLE")


def test_a_newer_version_takes_over_from_both(world):
    world.start_with_a_broken_one()
    world.publish(3)
    world.becomes(v1="END", v2="END", v3="AVAILABLE")


@pytest.mark.parametrize("world", [{"retries": 9}], indirect=True)
def test_one_model_that_answers_will_do(world):
    good, bad = world.base / "good", world.base / "bad"
    for folder, number in ((good, 1), (bad, 2)):
        folder.mkdir()
        (folder / str(number)).mkdir()
    world.broken.add(2)
    world.settings = [
        ModelSettings(folder.name, str(folder), ANY) for folder in (bad, good)
    ]
    world.manager.start()
    names = ["bad", "good"]
    problems = world.manager.wait_loaded(names, lambda: True, any_will_do=True)
    assert problems == []  # it will be tried again
    assert answers(world, name="good") == 1
    assert world.manager.unsettled(names) == ["bad"]
