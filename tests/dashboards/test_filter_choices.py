"""What may be chosen in the filters, asked in one question, is what each is by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich.ledger import hour_sums

if TYPE_CHECKING:
    import pytest

    from spanledger_sql.store import Store


def test_tenants_and_own_dimensions_are_told_in_full_and_in_order(sample_store: Store) -> None:
    choices = sample_store.frame("reports/filters/choices", values=1)
    told = "if(tenant_id = '', '(unattributed)', tenant_id)"
    tenants = sample_store.query_frame(
        f"SELECT DISTINCT {told} AS tenant FROM calls ORDER BY tenant = '(unattributed)', tenant"
    )["tenant"].tolist()
    own = sample_store.query_frame("SELECT DISTINCT arrayJoin(mapKeys(dimensions)) AS name FROM calls ORDER BY name")
    assert len(tenants) > 1
    assert len(own)
    assert choices.loc[choices["dimension"] == "tenant", "value"].tolist() == tenants
    assert choices.loc[choices["dimension"] == "own", "value"].tolist() == own["name"].tolist()


def test_of_other_dimensions_the_most_frequent_values_are_told_first_and_no_more_than_asked_for(
    sample_store: Store,
) -> None:
    choices = sample_store.frame("reports/filters/choices", values=2)
    counted = "SELECT model FROM calls GROUP BY model ORDER BY count() DESC, model LIMIT 2"
    assert (
        choices.loc[choices["dimension"] == "model", "value"].tolist()
        == sample_store.query_frame(counted)["model"].tolist()
    )


def test_a_dimension_with_too_many_values_for_sums_may_be_chosen_all_the_same(
    sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hour_sums, "_VALUES", 2)
    while hour_sums.sum_hours(sample_store, quiet_s=0, margin_s=0):
        pass
    assert sample_store.value("SELECT groupUniqArrayArray(summed.left_out) FROM ledger_hour") == ["desk"]
    choices = sample_store.frame("reports/filters/choices", values=5)
    assert choices.loc[choices["dimension"] == "own", "value"].tolist() == ["desk"]
