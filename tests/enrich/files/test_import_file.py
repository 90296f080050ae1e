"""Whatever is imported, a file that is wrong as a file is refused in one way, by its name and with the mend."""

import gzip
from pathlib import Path

import pytest

from spanledger_enrich.books import commitment
from spanledger_enrich.energy import energy_file
from spanledger_enrich.files.import_file import ImportFileError, csv_text_of
from spanledger_enrich.grid import grid_contract
from spanledger_enrich.grid.sources import grid_file
from spanledger_enrich.prices import price_file

PRICES = "kind,provider,model,input,output\nprice,openai,gpt-4o,2,8\n"
READERS = [
    pytest.param(price_file.read_book, id="prices"),
    pytest.param(price_file.read_rates, id="rates"),
    pytest.param(lambda path: list(commitment.read(path)), id="commitments"),
    pytest.param(lambda path: energy_file.read_files([path], 1.2), id="energy"),
    pytest.param(lambda path: grid_file.read_files([path]), id="grid"),
    pytest.param(lambda path: grid_contract.read_files([path]), id="grid contracts"),
]
FILES = [
    pytest.param("a.csv", PRICES.replace(",", ";").encode(), "a.csv:1: has ';' between its fields", id="semicolons"),
    pytest.param("a.csv", PRICES.replace(",", "\t").encode(), "a.csv:1: has a tab between its fields", id="tabs"),
    pytest.param("a.csv", PRICES.encode("utf-16"), "a.csv: cannot be read: it is not in UTF-8", id="UTF-16"),
    pytest.param("a.csv", b"kind,provider\nprice,caf\xe9\n", "a.csv: cannot be read: it is not in UTF-8", id="Latin-1"),
    pytest.param("a.csv", b"kind,provider,Kind\nprice,openai,x\n", "'kind' comes twice", id="a column twice"),
    pytest.param("a.csv", gzip.compress(PRICES.encode())[:-9], "is damaged or cut off", id="packed and cut off"),
    pytest.param("a.csv", b"", "a.csv: ", id="empty"),
    pytest.param("a.csv", b"kind,provider\n", "a.csv: ", id="a header alone"),
    pytest.param("missing", None, "missing: cannot be read: No such file", id="missing"),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(("name", "content", "said"), FILES)
def test_a_file_that_is_wrong_as_a_file_is_named_and_refused(read, name, content, said, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImportFileError) as refused:
        read(path)
    assert said in str(refused.value)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("\ufeff" + PRICES).encode())
    assert csv_text_of(path) == PRICES


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="Is a directory"):
        csv_text_of(tmp_path)
