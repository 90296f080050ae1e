"""The commands on usage that others counted."""

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "usage"


def test_a_report_is_imported_and_shown_by_its_projects(command):
    done = command("usage", "import", FIXTURES / "openai_usage_completions.json")
    assert done.returncode == 0, done.stderr
    assert "buckets of usage that nothing else tells" in " ".join(done.stdout.split())
    shown = command("chargeback", "--month", "2026-10", "--by", "model,project", "--format", "csv")
    assert "proj_acme" in shown.stdout


def test_a_file_of_something_else_is_refused_and_nothing_stored(command, tmp_path):
    other = tmp_path / "other.json"
    other.write_text('{"hello": 1}')
    done = command("usage", "import", FIXTURES / "openai_usage_completions.json", other)
    assert done.returncode != 0
    assert "is no usage that is known here" in " ".join(done.stderr.split())
    assert command("sql", "SELECT count() FROM usage_record").stdout.split()[-1] == "0"
