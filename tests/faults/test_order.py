"""In which order the disk is told what: file systems differ in what they keep of what they were not told to.

The power cuts of `test_power` are on one that keeps more than it promises.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from infrastructure.backup import back_up
from tests.faults.calls import Call, traced

pytestmark = pytest.mark.fault

LIVE = """
import sys
from pathlib import Path
from tests.faults.lives import Life, live

live(Life(sys.argv[1], Path(sys.argv[2]), (1, 2, 3)))
"""
RESTORE = """
import sys
from pathlib import Path
from infrastructure.backup import restore

assert restore(Path(sys.argv[3]), sys.argv[1], Path(sys.argv[2]) / "static").whole
"""
WRITES = ("write", "pwrite64")
SYNCS = ("fsync", "fdatasync")


class Order:
    def __init__(self, calls: Sequence[Call], folder: Path) -> None:
        self._calls = [call for call in calls if call.path.is_relative_to(folder)]
        self.made = self._named("mkdir")
        self.renames = self._named("rename")

    def _named(self, *names: str) -> list[Call]:
        return [call for call in self._calls if call.name in names]

    def written(self, path: Path, text: str = "") -> list[Call]:
        return [call for call in self._named(*WRITES) if call.path == path and text in call.arguments]

    def made_above(self, stem: str) -> list[Call]:
        """The folders that were made for a file."""
        (path,) = (rename.names[1] for rename in self.renames if rename.names[1].stem == stem)
        return [made for made in self.made if path.is_relative_to(made.path)]

    def synced(self, path: Path, after: Iterable[Call], before: Call | None = None) -> Call:
        """The first sync that came after all of these, and before that one."""
        for call in self._named(*SYNCS):
            if call.path == path and all(each.before(call) for each in after):
                assert before is None or call.before(before), f"{path} was synced too late"
                return call
        raise AssertionError(f"{path} was not synced")

    def check_renames(self) -> dict[str, Call]:
        """Content before name, name before whatever builds on it: what recorded each file, by its stem."""
        recorded = {}
        for rename in self.renames:
            partial, path = rename.names
            self.synced(partial, self.written(partial), rename)
            recorded[path.stem] = self.synced(path.parent, [rename])
        return recorded


def a_life(folder: Path) -> tuple[Order, str]:
    data = folder / "new" / "data"
    address = f"sqlite:///{data / 'manganace.sqlite3'}"
    return Order(traced(LIVE, address, str(data), record=folder / "calls"), folder), address


def test_a_file_is_synced_named_and_recorded_before_a_row_names_it(tmp_path: Path) -> None:
    order, _ = a_life(tmp_path)
    log = tmp_path / "new" / "data" / "manganace.sqlite3-wal"
    recorded = order.check_renames()
    assert len(recorded) == 6
    for sha256, record in recorded.items():
        row = order.written(log, sha256)[0]
        assert record.before(row), f"the row came before {sha256} was recorded"
        for made in order.made_above(sha256):
            order.synced(made.path.parent, [made], row)


def test_what_a_client_is_told_is_synced_with_the_folders_above_it(tmp_path: Path) -> None:
    order, _ = a_life(tmp_path)
    data = tmp_path / "new" / "data"
    log = data / "manganace.sqlite3-wal"
    told = order.written(data / "accepted")
    assert len(told) == 3
    for telling in told:
        generation_id = telling.arguments.split('"')[1].removesuffix("\\n")
        order.synced(log, order.written(log, generation_id)[:1], telling)
    folders = {made.path: made for made in order.made}
    for folder in (data.parent, data):
        order.synced(folder.parent, [folders[folder]], told[0])


def test_a_restored_database_comes_after_its_files(tmp_path: Path) -> None:
    _, address = a_life(tmp_path)
    back_up(address, tmp_path / "new" / "data" / "static", tmp_path / "backup", "a test")
    restored = tmp_path / "elsewhere" / "data"
    address = f"sqlite:///{restored / 'manganace.sqlite3'}"
    calls = traced(RESTORE, address, str(restored), str(tmp_path / "backup"), record=tmp_path / "calls")
    order = Order(calls, tmp_path)
    recorded = order.check_renames()
    database = order.renames[-1]
    assert database.names[1].name == "manganace.sqlite3"
    assert len(recorded) == 7
    assert all(record.before(database) for stem, record in recorded.items() if stem != "manganace")
    for made in order.made:
        order.synced(made.path.parent, [made], database)
