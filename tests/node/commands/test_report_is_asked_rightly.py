"""What a named query cannot be asked is refused: nothing that is said is passed over."""

import pytest

MONTH = ("--month", "2024-10")
WRONG = {
    "finance/outcomes --by feature,nope": "--by nope: no dimension of finance/outcomes; expected some of tenant",
    "finance/owners --by model": "--by model: no dimension of finance/owners; it is broken down by nothing",
    "finance/outcomes --set good_score=NaN": "'good_score=NaN': expected a number, such as 0.8",
    "finance/outcomes --set good_score=high": "'good_score=high': expected a number, such as 0.8",
}
RIGHT = (
    "finance/owners",
    "finance/outcomes --by tenant,feature --set good_score=0.8",
    "finance/outcomes --by nothing",
    # Who makes dimensions of his own may be asked by these.
    "chargeback/chargeback --by tenant,desk --set custom=desk",
)


@pytest.fixture(autouse=True)
def _call(books):
    books.fill({"tenant_id": "acme"})


@pytest.mark.parametrize("asked", WRONG)
def test_what_a_report_cannot_be_asked_is_refused(spanledger, asked):
    assert WRONG[asked] in " ".join(spanledger("report", *asked.split(), *MONTH, fails=True).split())


@pytest.mark.parametrize("asked", RIGHT)
def test_what_it_can_be_asked_is_answered(spanledger, asked):
    spanledger("report", *asked.split(), *MONTH)
