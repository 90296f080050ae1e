"""The yearly means that stand in where a zone has no hours."""

from spanledger_enrich.grid.grid_intensity import load_yearly_means


def test_every_yearly_mean_is_more_than_nothing_and_loaded_once(store):
    assert load_yearly_means(store) > 200
    assert load_yearly_means(store) == 0
    assert store.value("SELECT min(g_per_kwh) FROM grid_intensity") > 5
    assert store.value("SELECT count() FROM grid_intensity WHERE zone = 'WORLD'") == 1
