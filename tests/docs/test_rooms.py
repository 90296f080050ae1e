"""A folder of product code is a room: of about a dozen files, which a reader takes in at a glance."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("sql", "collector", "enrich", "dashboards", "node")
MOST = 13
# What makes a folder a package, and says nothing.
_OF_EVERY_PACKAGE = {"__init__.py", "py.typed"}


def crowded(root: Path) -> dict[str, int]:
    """The folders below that hold more files side by side than a room may."""
    files = (
        path
        for floor in FLOORS
        for path in (root / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in _OF_EVERY_PACKAGE
    )
    beside = Counter(path.parent.relative_to(root).as_posix() for path in files)
    return {folder: count for folder, count in beside.items() if count > MOST}


def test_no_folder_holds_more_than_about_a_dozen_files() -> None:
    assert crowded(ROOT) == {}


def test_a_folder_with_more_is_found(tmp_path: Path) -> None:
    room = tmp_path / "sql" / "reports"
    room.mkdir(parents=True)
    for name in ("__init__.py", *(f"{number}.sql" for number in range(MOST))):
        (room / name).touch()
    assert crowded(tmp_path) == {}
    (room / "one_more.sql").touch()
    assert crowded(tmp_path) == {"sql/reports": MOST + 1}
