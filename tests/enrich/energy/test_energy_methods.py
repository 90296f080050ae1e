"""Which energy a call gets, by which method, and what the user's own figures change."""

import math

import pytest
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP, llm_impacts

from spanledger_enrich.energy import energy_model, proxy, token_aware
from spanledger_enrich.energy.ecologits import Range, coefficients, maker, parameters, text_models
from spanledger_enrich.energy.energy_file import read_files, record
from spanledger_enrich.energy.model_kind import Kind, kind_of
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import load

GPT = {"provider": "openai", "request_model": "gpt-4o-2024-08-06"}


def by(books, method, *spans, bounds="method"):
    ids = books.ingest(*spans)
    chosen = load(data_dir=books.configuration.data_dir, energy_method=method, energy_bounds=bounds)
    Worker(books.store, chosen).catch_up()
    return books.store.rows("SELECT * FROM calls WHERE span_id IN {ids:Array(String)} ORDER BY span_id", ids=ids)


@pytest.fixture
def csv(tmp_path):
    def write(*lines, name="energy.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def bounds(value, unit=1000.0):
    return (value.min * unit, value.max * unit) if hasattr(value, "min") else (value * unit, value * unit)


@pytest.mark.parametrize("latency", [0.05, 1.0, 12.0, 10_000.0])
@pytest.mark.parametrize("tokens", [1, 400, 20_000])
def test_coefficients_give_ecologits_energy_of_a_request_that_its_latency_cuts_short(tokens, latency):
    for model in text_models():
        own = llm_impacts(maker(model), model.name, tokens, latency)
        row = coefficients(model)
        low, high = bounds(own.energy.value)
        cut = {
            bound: max(0.0, row[f"seconds_per_output_token{bound}"] * tokens + row["seconds_per_request"] - latency)
            for bound in ("_low", "_high")
        }
        ours = {
            bound: row[f"wh_per_output_token{bound}"] * tokens
            + row[f"wh_per_request{bound}"]
            - row[f"wh_per_second{bound}"] * cut[bound]
            for bound in cut
        }
        assert ours == pytest.approx({"_low": low, "_high": high}, rel=1e-6), model.name
        embodied = (
            row["embodied_g_per_output_token"] * tokens
            + row["embodied_g_per_request"]
            - sum(row[f"embodied_g_per_second{bound}"] * cut[bound] for bound in cut) / 2
        )
        assert embodied == pytest.approx(sum(bounds(own.embodied.gwp.value)) / 2, rel=1e-6), model.name


@pytest.mark.usefixtures("own_bounds")
@pytest.mark.parametrize("who", ["openai", "anthropic"])
def test_the_ledger_equals_ecologits_for_every_model_length_and_latency_water_included(books, who):
    cases = [
        (model.name, tokens, latency)
        for model in text_models()
        if maker(model) == who and kind_of(model.name) is Kind.text
        for tokens in (30, 400, 5_000)
        for latency in (2.0, 900.0)
    ]
    spans = [
        {"provider": who, "request_model": name, "output_tokens": tokens, "duration_ms": latency * 1000}
        for name, tokens, latency in cases
    ]
    for (name, tokens, latency), call in zip(cases, books.book(*spans), strict=True):
        own = llm_impacts(who, name, tokens, latency, "USA")
        low, high = bounds(own.energy.value)
        found = (call["energy_wh_low"], call["energy_wh"], call["energy_wh_high"])
        assert found == pytest.approx((low, (low + high) / 2, high), rel=1e-6), name
        assert call["embodied_g"] == pytest.approx(sum(bounds(own.embodied.gwp.value)) / 2, rel=1e-6), name
        assert call["water_ml"] == pytest.approx(sum(bounds(own.wcf.value)) / 2, rel=1e-3), name


# Published Wh of a text request, and the model and tokens assumed (docs/methodology.md).
PUBLISHED = [
    (0.24, "google_genai", "gemini-2.5-flash", 100, 300),
    (0.34, "openai", "gpt-4o-2024-08-06", 100, 300),
    (2.5, "openai", "gpt-4o-2024-08-06", 10_000, 500),
    (40.0, "openai", "gpt-4o-2024-08-06", 100_000, 500),
]


@pytest.mark.parametrize(("wh", "who", "name", "read", "written"), PUBLISHED)
def test_published_figures_lie_within_the_token_aware_bounds(wh, who, name, read, written):
    [row] = [row for row in energy_model.token_aware_catalogue() if (row["provider"], row["model"]) == (who, name)]
    low, high = (
        row[f"wh_per_output_token{bound}"] * written + row[f"wh_per_input_token{bound}"] * read
        for bound in ("_low", "_high")
    )
    assert low < wh < high


def test_the_token_aware_method_pays_for_input_and_lets_cached_tokens_off(books):
    base = GPT | {"output_tokens": 100}
    long, cached, bare = by(
        books, "token-aware",
        base | {"input_tokens": 10_000, "cache_read_tokens": 0},
        base | {"input_tokens": 10_000, "cache_read_tokens": 9_000},
        base | {"input_tokens": 0, "cache_read_tokens": 0},
    )  # fmt: skip
    token = bare["energy_wh"] / 100
    assert long["energy_wh"] == pytest.approx(token * (100 + 0.20 * 10_000))
    assert cached["energy_wh"] == pytest.approx(token * (100 + 0.20 * 1_000 + 0.02 * 9_000))
    assert cached["energy_wh_low"] < cached["energy_wh"] < cached["energy_wh_high"]
    assert {call["energy_method"] for call in (long, cached, bare)} == {"modelled"}
    assert bare["energy_id"] == "token-aware/openai/gpt-4o-2024-08-06"


def test_input_keeps_the_hardware_busy_as_it_draws_energy(books):
    base = GPT | {"output_tokens": 100, "cache_read_tokens": 0}
    bare, asked, answered = by(
        books, "token-aware",
        base | {"input_tokens": 0}, base | {"input_tokens": 5_000}, base | {"input_tokens": 0, "output_tokens": 1_100},
    )  # fmt: skip
    for name in ("energy_wh", "embodied_g"):
        assert asked[name] - bare[name] == pytest.approx(answered[name] - bare[name]), name


def test_images_are_unknown_whatever_draws_them(books):
    [image] = by(books, "token-aware", GPT | {"output_tokens": 4160, "operation": "image_generation"})
    assert (image["energy_wh"], image["embodied_g"], image["energy_method"]) == (None, None, "unknown")


def test_the_token_aware_coefficients_are_those_of_the_formula():
    row = token_aware.coefficients(Range(70, 70), Range(70, 70), Range(1.09, 1.09))
    joules = 0.215 * 70**0.21 * 70**0.65 / math.sqrt(64)
    assert row["wh_per_output_token"] == pytest.approx(joules * 1.72 / 3600)
    assert row["wh_per_output_token_low"] == pytest.approx(joules * 0.6 * 1.25 / 3600)
    assert row["wh_per_output_token_high"] == pytest.approx(joules * 6.8 * 2.2 / 3600)


def test_the_overhead_is_that_of_the_makers_data_centres_by_either_method():
    for who, pue in (("openai", 1.2), ("google_genai", 1.09), ("anthropic", math.sqrt(1.09 * 1.14))):
        [row, *_] = [row for row in energy_model.token_aware_catalogue() if row["provider"] == who]
        [model] = [model for model in text_models() if (maker(model), model.name) == (who, row["model"])]
        joules = token_aware.joules_per_output_token(*(size.geometric for size in parameters(model)))
        assert row["pue"] == pytest.approx(pue)
        assert row["wh_per_output_token"] == pytest.approx(joules * 1.72 / 1.09 * pue / 3600)


def test_both_methods_stand_side_by_side_and_the_booked_one_is_the_ledgers(books):
    span = GPT | {"input_tokens": 5_000, "output_tokens": 300, "duration_ms": 1_500.0}
    for method in ("ecologits", "token-aware"):
        [call] = by(books, method, span)
        rows = books.store.rows("SELECT * FROM energy_by_method WHERE span_id = {span:String}", span=call["span_id"])
        assert {row["method"] for row in rows} == {"ecologits", "token-aware"}
        [same] = [row for row in rows if row["method"] == method]
        for bound in ("_low", "", "_high"):
            assert same[f"energy_wh{bound}"] == pytest.approx(call[f"energy_wh{bound}"], rel=1e-12)


@pytest.mark.parametrize("method", ["ecologits", "token-aware"])
@pytest.mark.parametrize("pue", [None, 1.8])
def test_the_bounds_hold_those_of_both_methods_and_the_central_value_stays_the_methods(books, csv, method, pue):
    if pue is not None:
        [file] = read_files([csv("provider,pue,pue_low,pue_high", f"openai,{pue},1.7,2.0")], 1.56)
        record(books.store, file)
    spans = [
        GPT | {"request_model": name, "input_tokens": read, "cache_read_tokens": read // 2, "output_tokens": written,
               "duration_ms": latency}
        for name in ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18")
        for read, written in ((0, 1), (3_000, 1), (200, 400), (50_000, 4_000))
        for latency in (0.0, 300.0, 9_000.0, 900_000.0)
    ]  # fmt: skip
    alone = by(books, method, *spans)
    enveloped = by(books, method, *spans, bounds="envelope")
    ids = [call["span_id"] for call in enveloped]
    both = books.store.rows(
        "SELECT span_id, min(energy_wh_low) AS low, max(energy_wh_high) AS high FROM energy_by_method "
        "WHERE span_id IN {ids:Array(String)} GROUP BY span_id ORDER BY span_id",
        ids=ids,
    )
    for one, call, bound in zip(alone, enveloped, both, strict=True):
        assert (call["energy_wh"], call["water_ml"]) == (one["energy_wh"], one["water_ml"])
        # Of the other method, an answer's latency is not asked: its low is as if it had come at once.
        assert 0 < call["energy_wh_low"] <= bound["low"] * (1 + 1e-12)
        assert call["energy_wh_high"] >= bound["high"] * (1 - 1e-12)
        if method == "ecologits":
            assert call["energy_wh_low"] == pytest.approx(bound["low"], rel=1e-12)
            assert call["energy_wh_high"] == pytest.approx(bound["high"], rel=1e-12)
        assert call["co2e_g_low"] == pytest.approx(
            call["energy_wh_low"] / 1000 * call["intensity_g_per_kwh"], rel=1e-12
        )
    books.store.execute("TRUNCATE TABLE energy_facility")


def test_own_coefficients_keep_their_own_bounds(books, csv):
    row = "our-model,2.0,1.5,3.0"
    [file] = read_files([csv("model,wh_per_output_token,wh_per_output_token_low,wh_per_output_token_high", row)], 1.56)
    record(books.store, file)
    spans = [{"provider": "vllm", "request_model": "our-model", "input_tokens": 90, "output_tokens": 100}]
    alone, enveloped = by(books, "ecologits", *spans), by(books, "ecologits", *spans, bounds="envelope")
    bounds = ("energy_id", "energy_wh_low", "energy_wh", "energy_wh_high", "water_ml")
    assert [[one[name] for name in bounds] for one in alone] == [[one[name] for name in bounds] for one in enveloped]
    books.store.execute("ALTER TABLE energy_model DELETE WHERE method = 'own' SETTINGS mutations_sync = 1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("our-own-7b", "7b"),
        ("llama3.1:8b", "8b"),
        ("mixtral-8x22b-instruct", "8x22b"),
        ("qwen3-30b-a3b", "30b-a3b"),
        ("bge-small-335m", "335m"),
        ("phi-1.5b-chat", "1.5b"),
    ],
)
def test_a_models_name_tells_its_size(name, expected):
    found = proxy.by_size(name)
    assert found is not None
    assert found.name == expected


@pytest.mark.parametrize("name", ["gpt-9", "our-own", "model-99999b", "a7b", "128k-context", ""])
def test_what_is_no_size_is_not_taken_for_one(name):
    assert proxy.by_size(name) is None


def test_an_unknown_models_size_stands_in_with_a_wide_range(books):
    [call] = books.book({"provider": "vllm", "request_model": "our-own-70b", "input_tokens": 10, "output_tokens": 100})
    assert (call["energy_method"], call["energy_id"]) == ("proxy", "proxy/70b")
    assert call["energy_wh_high"] / call["energy_wh_low"] > 10
    [llama] = [model for model in text_models() if model.name == "meta-llama/Meta-Llama-3.1-70B-Instruct"]
    # Seventy billion parameters take as much hardware, whoever made them.
    assert call["embodied_g"] == pytest.approx(coefficients(llama)["embodied_g_per_output_token"] * 100, rel=0.02)


def test_a_proxy_is_reckoned_by_the_configured_method_within_the_bounds_of_both(books):
    span = {"provider": "vllm", "request_model": "our-own-70b", "input_tokens": 9_000, "output_tokens": 100}
    listed = span | {"request_model": "meta-llama/Meta-Llama-3.1-70B-Instruct"}
    proxies = {}
    for method in ("ecologits", "token-aware"):
        proxy, known = by(books, method, span, listed, bounds="envelope")
        assert proxy["energy_method"] == "proxy"
        assert proxy["energy_wh"] == pytest.approx(known["energy_wh"], rel=0.05)
        assert proxy["energy_wh_low"] <= known["energy_wh_low"] * 1.05
        assert proxy["energy_wh_high"] >= known["energy_wh_high"] * 1.05
        proxies[method] = proxy
    assert proxies["ecologits"]["energy_wh"] < proxies["token-aware"]["energy_wh"] / 5


def test_proxies_of_an_older_version_are_made_anew_at_the_next_start(books):
    span = {"provider": "vllm", "request_model": "our-own-34b", "output_tokens": 100}
    [before] = books.book(span)
    gone = "ALTER TABLE energy_model DELETE WHERE method IN ('token-aware', 'proxy') SETTINGS mutations_sync = 1"
    books.store.execute(gone)
    load_reference_data(books.store)
    [after] = books.book(span)
    assert (after["energy_id"], after["energy_wh"]) == (before["energy_id"], before["energy_wh"])


def test_own_coefficients_tell_nothing_of_hardware(books, csv):
    [file] = read_files([csv("model,wh_per_output_token", "our-model,2.0")], 1.56)
    record(books.store, file)
    [call] = books.book({"provider": "vllm", "request_model": "our-model", "output_tokens": 100})
    books.store.execute("ALTER TABLE energy_model DELETE WHERE method = 'own' SETTINGS mutations_sync = 1")
    assert call["energy_wh"] == pytest.approx(200.0 * 1.56)
    assert call["embodied_g"] is None, "unknown is never zero"


def test_an_unknown_models_price_stands_in_where_its_name_tells_nothing(books):
    [call] = books.book({"provider": "x_ai", "request_model": "grok-3", "output_tokens": 100})
    assert call["energy_method"] == "proxy"
    assert call["energy_id"] == "proxy/8 to 30 USD per million"
    assert call["energy_wh_low"] < call["energy_wh"] < call["energy_wh_high"]


@pytest.mark.parametrize(
    ("provider", "name", "energy_id"),
    [
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("vllm", "Meta-Llama-3.1-8B-Instruct", "Meta-Llama-3.1-8B-Instruct"),
        ("openai", "openai/gpt-4o", "gpt-4o"),
    ],
)
def test_what_hosts_put_around_a_models_name_does_not_hide_it(provider, name, energy_id):
    assert energy_model.resolve(provider, [name]).rsplit("/", 1)[-1] == energy_id


def test_the_users_own_coefficients_go_before_every_method(books, csv):
    path = csv(
        "model,provider,j_per_output_token,j_per_output_token_low,j_per_output_token_high,j_per_input_token,pue,source",
        "Our-Model-13b,vllm,3.6,1.8,7.2,0.36,1.25,bench of May",
        "gpt-4o-2024-08-06,openai,36,,,,1,a measurement",
    )
    [file] = read_files([path], 1.56)
    assert record(books.store, file) == 2
    ours, theirs = books.book(
        {"provider": "vllm", "request_model": "our-model-13b", "input_tokens": 1_000, "output_tokens": 100},
        GPT | {"input_tokens": 1_000, "output_tokens": 100},
    )
    assert (ours["energy_method"], ours["energy_id"]) == ("modelled", "own/vllm/our-model-13b")
    assert ours["energy_wh"] == pytest.approx((100 * 3.6 + 1_000 * 0.36) / 3600 * 1.25)
    assert ours["energy_wh_low"] == pytest.approx((100 * 1.8 + 1_000 * 0.36) / 3600 * 1.25)
    assert ours["pue"] == 1.25
    assert theirs["energy_wh"] == pytest.approx(1.0)
    books.store.execute("ALTER TABLE energy_model DELETE WHERE method = 'own' SETTINGS mutations_sync = 1")


@pytest.mark.usefixtures("by_ecologits")
def test_a_data_centres_own_overhead_and_water_replace_the_assumed_ones(books, csv):
    path = csv("provider,region,pue,wue", "azure,,1.5,2.0", "azure,germanywestcentral,1.1,0.5", name="centres.csv")
    for file in read_files([path], 1.56):
        record(books.store, file)
    span = {"request_model": "gpt-4o-2024-08-06", "output_tokens": 100}
    plain, any_region, germany = books.book(
        span | {"provider": "openai", "cloud_region": "uksouth"},
        span | {"provider": "azure.ai.openai", "cloud_region": "uksouth"},
        span | {"provider": "azure.ai.openai", "cloud_region": "germanywestcentral"},
    )
    assumed = PROVIDER_CONFIG_MAP["openai"].datacenter_pue
    assert (any_region["pue"], germany["pue"]) == (1.5, 1.1)
    assert any_region["energy_wh"] == pytest.approx(plain["energy_wh"] / assumed * 1.5, rel=1e-3)
    assert germany["energy_wh"] == pytest.approx(plain["energy_wh"] / assumed * 1.1, rel=1e-3)
    water = books.store.value("SELECT l_per_kwh FROM grid_water FINAL WHERE zone = 'GB'")
    assert any_region["water_l_per_kwh"] == pytest.approx(2.0 / 1.5 + water)
    assert any_region["water_ml"] == pytest.approx(any_region["energy_wh"] * any_region["water_l_per_kwh"], rel=1e-9)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("model,wh_per_output_token", "a,x"), "energy.csv:2: wh_per_output_token: 'x': expected a number"),
        (("model,wh_per_output_token", "a,1", "b,-1"), "energy.csv:3: wh_per_output_token: '-1'"),
        (("model,wh_per_output_token", "a,"), "energy.csv:2: wh_per_output_token: '': expected a number"),
        (("model,wh_per_output_token", ",1"), "energy.csv:2: model: '': expected a name"),
        (("model,wh_per_output_token", "a,1", "A,2"), "energy.csv:3: model: 'A': comes twice"),
        (
            ("model,wh_per_output_token,wh_per_output_token_low", "a,1,2"),
            "energy.csv:2: wh_per_output_token_low: 2 lies",
        ),
        (("model,wh_per_output_token,j_per_output_token", "a,1,2"), "energy.csv:1: both wh_per_output_token and j_"),
        (("model,price", "a,1"), "energy.csv:1: no column 'wh_per_output_token'"),
        (("provider,pue", "azure,0.9"), "energy.csv:2: pue: '0.9': expected a number from 1 to 10"),
        (("provider,pue", "azure,"), "energy.csv:2: pue: '': expected a number"),
        (("provider,pue,pue_low", "azure,1.2,1.3"), "energy.csv:2: pue_low: '1.3': lies on the wrong side of pue"),
        (("host,idle_policy", "gpu-1,mine"), "energy.csv:2: idle_policy: 'mine': expected own, shared, owner"),
        (("host,idle_policy", "gpu-1,owner"), "energy.csv:2: owner: '': expected the tenant"),
        (("a,b", "1,2"), "energy.csv:1: the columns a, b say nothing; expected"),
    ],
)
def test_a_bad_file_is_named_by_line_and_field(csv, lines, said):
    with pytest.raises(ImportFileError) as error:
        read_files([csv(*lines)], 1.56)
    assert said in str(error.value)
