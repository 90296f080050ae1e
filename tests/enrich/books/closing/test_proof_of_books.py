"""Books that somebody changed do not hold, and a file that somebody changed is no statement."""

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import independent_verifier
import pytest
from harness import lent_folder
from harness.books import Books

from spanledger_enrich.books import allocation, commitment
from spanledger_enrich.books.bills import bill, invoice_share, reconciliation
from spanledger_enrich.books.closing import chain, close, dispute
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.forgotten_text import forget_text
from spanledger_enrich.books.closing.statements import issued
from spanledger_enrich.books.closing.verification import verify
from spanledger_enrich.books.commitment import Commitment
from spanledger_enrich.books.forgetting import forget, new_pseudonym
from spanledger_settings.configuration import load
from spanledger_settings.period import period
from spanledger_sql.store import Store, statement

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
CALL = {
    "cost_center": "",
    "price_status": "priced",
    "list_cost": Decimal(2),
    "contracted_cost": Decimal(2),
    "co2e_g": 1.5,
}
NOW = {"mutations_sync": 2}
TAMPERED = {
    "UPDATE cost = cost + 1 WHERE 1 | book_entry": "its entries are not those that it posted",
    "UPDATE cost = cost + 1 WHERE 1 | book_line": "its lines are not those that were closed",
    "UPDATE document = replaceAll(document, '2.000', '1.000') WHERE 1 | book_statement": "its hash is not that of what",
    "UPDATE debit = debit + 1 WHERE line = 1 | book_journal": "the debits of its journal are not its credits",
    "UPDATE body = replaceAll(body, 'ann', 'eve') WHERE number = 1 | book_event": "its hash is not that of what it",
    "UPDATE who = 'eve' WHERE number = 2 | book_event": "its columns are not what it says",
    "UPDATE co2e_g = 0 WHERE 1 | book_entry": "its entries are not those that it posted",
    "DELETE WHERE number = 1 | book_event": "event 1 of the chain is missing",
}

# What the other verifier does not look at, or cannot read: each is found beside those before it.
TAMPERED_BESIDE = {
    "UPDATE month = '2024-09' WHERE line = 1 | book_line": "its lines are not all of that month",
    "UPDATE revision = revision + 1 WHERE 1 | book_statement": "it is not the one that it says it is",
    "UPDATE timezone = 'Asia/Tokyo' WHERE 1 | book_party": "its party is not in the books with its time zone",
    "UPDATE tenant_id = 'globex' WHERE 1 | book_party": "parties of the books are of the tenant 'globex'",
    "UPDATE service_month = '2024-10x' WHERE line = 1 | book_line": "its lines are not those that were closed",
    "UPDATE document = concat(document, 'x') WHERE 1 | book_statement": "its hash is not that of what",
    "UPDATE body = concat(body, 'x') WHERE number = 2 | book_event": "its hash is not that of what it",
}


@pytest.fixture(scope="module")
def closed_rows(tmp_path_factory, lent_engine):
    """The rows of a ledger with a closed month, which each test begins with."""
    with opened(tmp_path_factory.mktemp("closed"), lent_engine) as (store, configuration):
        # Calls that a test adds are numbered from one on.
        Books(store, configuration).fill(
            *(
                {**CALL, "tenant_id": tenant, "trace_id": f"{number:032x}"}
                for number, tenant in enumerate(("acme", "acme", "globex"), 1000)
            )
        )
        close_month(store, "2024-10")
        return kept_rows(tmp_path_factory)


@pytest.fixture
def closed(closed_rows, store, configuration):
    lent_folder.put(closed_rows)
    return Books(store, configuration)


@pytest.fixture(scope="module")
def billed_rows(tmp_path_factory, lent_engine):
    """The rows of a bill, its invoice's parts and a fee that is allocated, which each test begins with."""
    folder = tmp_path_factory.mktemp("billed")
    file = folder / "bill.csv"
    file.write_text("provider,amount,currency,day,meter\nopenai,2,USD,2024-10-08,all\nopenai,1,USD,2024-10-09,tax\n")
    fee = {"commitment": "desk", "kind": "fee", "amount": "31", "from": "2024-10-01", "to": "2024-11-01"}
    with opened(folder, lent_engine) as (store, configuration):
        Books(store, configuration).fill({**CALL, "tenant_id": "acme"}, {**CALL, "tenant_id": "globex"})
        bill.record(store, bill.checked(store, [file]))
        for done in reconciliation.reconcile(store, period("2024-10", None, None, "UTC")):
            invoice_share.allocate(store, done, "metered", "ann")
        commitment.record(store, [Commitment.model_validate(fee)], "a test")
        allocation.allocate(store, configuration)
        return kept_rows(tmp_path_factory)


@pytest.fixture
def billed(billed_rows, store):
    lent_folder.put(billed_rows)
    return store


@contextlib.contextmanager
def opened(folder, lent_engine):
    configuration = load(data_dir=folder / "data")
    with lent_engine(configuration.data_dir, "migrated"), Store.open(configuration, exclusive=True) as store:
        yield store, configuration


def kept_rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    lent_folder.keep(folder)
    return folder


def close_month(store, month):
    close.soft(store, month, ANN, grace_days=0)
    return close.hard(store, month, BOB)


@pytest.mark.parametrize("change", TAMPERED)
def test_books_that_somebody_changed_do_not_hold(closed, change):
    assert verify(closed.store).faults == ()
    assert independent_verifier.faults(closed.store) == []
    how, _, table = change.partition(" | ")
    closed.store.execute(f"ALTER TABLE {table} {how}", settings=NOW)
    assert any(TAMPERED[change] in fault for fault in verify(closed.store).faults), verify(closed.store).faults
    if "who" not in change:
        assert independent_verifier.faults(closed.store)


def test_what_is_changed_beside_the_hashes_is_found_and_told(closed):
    for change, told in TAMPERED_BESIDE.items():
        how, _, table = change.partition(" | ")
        closed.store.execute(f"ALTER TABLE {table} {how}", settings=NOW)
        assert any(told in fault for fault in verify(closed.store).faults), (change, verify(closed.store).faults)


@pytest.mark.parametrize(
    "change",
    [
        "tenant_id = transform(tenant_id, ['acme', 'globex'], ['globex', 'acme'], tenant_id)",
        "tenant_id = concat(tenant_id, ' AG')",
        "salt = ''",
        "salt = 'another'",
    ],
)
def test_names_that_somebody_exchanged_or_changed_do_not_hold(closed, change):
    assert verify(closed.store).faults == ()
    closed.store.execute(f"ALTER TABLE book_party UPDATE {change} WHERE 1", settings=NOW)
    told = [fault for fault in verify(closed.store).faults if "under another name than when it was closed" in fault]
    assert len(told) == 2


@pytest.mark.parametrize(
    "change",
    ["body = '{}' WHERE number = 2", "body = '[]' WHERE number = 1", "action = 'hard' WHERE number = 1"],
)
def test_an_event_that_says_something_else_altogether_is_named(closed, change):
    number = change[-1]
    closed.store.execute(f"ALTER TABLE book_event UPDATE {change}", settings=NOW)
    assert any(fault.startswith(f"event {number} (") for fault in verify(closed.store).faults)


def test_an_event_of_another_kind_with_a_hash_of_its_own_is_named(closed):
    for body in ("[]", "{}", '{"at":1}'):
        closed.store.execute(
            "ALTER TABLE book_event UPDATE body = {b:String}, hash = {h:String} WHERE number = 2",
            {"b": body, "h": chain.digest(body)},
            settings=NOW,
        )
        assert verify(closed.store).faults, body


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("bill_line UPDATE amount = amount + 1", "the bill bill.csv comes to 3 USD, its rows to 5 USD"),
        ("bill UPDATE amounts = [4] WHERE 1", "the bill bill.csv comes to 4 USD, its rows to 3 USD"),
        ("bill_line DELETE", "the bill bill.csv comes to 3 USD, its rows to 0 USD"),
        ("invoice_share UPDATE invoiced = invoiced + 1", "the invoice openai, 2024-10-01 to 2024-10-31 comes to 3 USD"),
        ("invoice_share UPDATE amount = amount + 1", "the invoice openai, 2024-10-01 to 2024-10-31 comes to"),
        ("bill_adjustment UPDATE amount = amount + 1", "the invoice openai, 2024-10-01 to 2024-10-31 comes to"),
        ("allocation_row UPDATE amount = amount + 1", "the allocation desk, 2024-10-01 comes to"),
    ],
)
def test_what_entries_are_taken_from_and_somebody_changed_does_not_sum(billed, change, told):
    assert verify(billed).faults == ()
    where = "" if " WHERE " in change else " WHERE 1"
    billed.execute(f"ALTER TABLE {change}{where}", settings=NOW)
    assert any(told in fault for fault in verify(billed).faults), verify(billed).faults


def test_a_bill_whose_lines_and_total_were_changed_alike_is_found(billed):
    for change in ("bill_line UPDATE amount = amount + 1 WHERE meter = 'all'", "bill UPDATE amounts = [4] WHERE 1"):
        billed.execute(f"ALTER TABLE {change}", settings=NOW)
    assert [fault for fault in verify(billed).faults if fault.startswith("the bill bill.csv (")] != []
    assert [fault for fault in verify(billed).faults if "comes to" in fault and "bill.csv" in fault] == []


def test_a_bill_whose_digest_was_changed_too_is_not_the_one_that_the_chain_names(billed):
    close_month(billed, "2024-10")
    assert verify(billed).faults == ()
    [bound] = [event.said["bills"] for event in chain.events(billed) if event.said["bills"]]
    assert list(bound) == [billed.value("SELECT bill_id FROM bill")]
    billed.execute("ALTER TABLE bill_line UPDATE raw = concat(raw, ' ') WHERE 1", settings=NOW)
    [now] = billed.rows(statement("lookups/bills/digests"), bills=[])
    billed.execute("ALTER TABLE bill UPDATE digest = {d:String} WHERE 1", {"d": now["digest"]}, settings=NOW)
    [fault] = verify(billed).faults
    assert "its lines are not those that event 1 (soft 2024-10) names" in fault
    # Neither a later posting nor taking the bill back makes it good.
    bill.remove(billed, "bill.csv")
    close.record(billed, "2024-11", ANN)
    assert fault in verify(billed).faults


def test_a_bill_that_is_taken_back_and_imported_again_holds(billed, tmp_path):
    close_month(billed, "2024-10")
    bill.remove(billed, "bill.csv")
    file = tmp_path / "bill.csv"
    file.write_text("provider,amount,currency,day,meter\nopenai,2,USD,2024-10-08,all\nopenai,1,USD,2024-10-09,tax\n")
    bill.record(billed, bill.checked(billed, [file]))
    close.soft(billed, "2024-11", ANN, grace_days=0)
    assert verify(billed).faults == ()


def test_the_lines_of_a_bill_are_hashed_as_the_documentation_says(billed):
    rows = billed.rows("SELECT * FROM bill_line FINAL")
    assert billed.value("SELECT digest FROM bill") == independent_verifier.bill_digest(rows)


def test_an_entry_that_is_slipped_in_is_found(closed):
    [posting] = [event.posting for event in chain.events(closed.store) if event.action == "soft"]
    closed.store.execute(
        "INSERT INTO book_entry SELECT * FROM book_entry WHERE posting = {p:String} LIMIT 1", {"p": posting}
    )
    assert any("its entries are not those" in fault for fault in verify(closed.store).faults)


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_a_file_is_proved_and_one_that_was_changed_is_not(closed, tmp_path, form):
    file = tmp_path / f"acme.{form}"
    file.write_bytes(issued.issued(closed.store, "2024-10", "acme").as_bytes(form))
    assert issued.prove(closed.store, file).faults == ()
    file.write_bytes(file.read_bytes().replace(b"4.000000000000", b"3.000000000000"))
    faults = issued.prove(closed.store, file).faults
    assert "is not, byte for byte, the statement 2024-10/" in faults[0]
    assert "line 1: cost is 3.000000000000, the books say 4.000000000000" in faults


def test_a_pdf_is_pdf_a_with_the_statement_inside_and_is_proved(closed, tmp_path):
    pytest.importorskip("weasyprint")
    file = tmp_path / "acme.pdf"
    one = issued.issued(closed.store, "2024-10", "acme")
    file.write_bytes(one.as_bytes("pdf"))
    assert one.as_bytes("pdf") == file.read_bytes()
    assert issued.prove(closed.store, file).faults == ()
    file.write_bytes(file.read_bytes() + b"\n")
    assert issued.prove(closed.store, file).faults


def test_a_name_that_is_forgotten_leaves_the_chain_whole(closed):
    pseudonym = new_pseudonym()
    forget(closed.store, "tenant", "acme", pseudonym)
    assert verify(closed.store).faults == ()
    # Nothing is left by which a guess at the name could be tried.
    assert closed.store.value("SELECT salt FROM book_party WHERE tenant_id = {p:String}", p=pseudonym) == ""
    assert close.record(closed.store, "2024-10", ANN) is None
    one = issued.issued(closed.store, "2024-10", pseudonym)
    assert b"acme" not in one.as_bytes("html")
    assert not closed.store.value("SELECT count() FROM book_statement WHERE position(document, 'acme') > 0")


def test_a_month_that_is_reopened_keeps_the_statement_that_was_issued(closed):
    first = issued.issued(closed.store, "2024-10", "acme")
    known = datetime.now(UTC)
    with pytest.raises(ClosingError, match="nobody asked to reopen 2024-10"):
        close.reopen(closed.store, "2024-10", BOB)
    with pytest.raises(ClosingError, match="reopened for a reason"):
        close.ask_to_reopen(closed.store, "2024-10", ANN, " ")
    close.ask_to_reopen(closed.store, "2024-10", ANN, "the contract was signed in September")
    with pytest.raises(ClosingError, match="ann asked to reopen it; another person must do this"):
        close.reopen(closed.store, "2024-10", ANN)
    close.reopen(closed.store, "2024-10", BOB)
    closed.add({**CALL, "tenant_id": "acme"})
    close_month(closed.store, "2024-10")
    second = issued.issued(closed.store, "2024-10", "acme")
    assert (second.said["revision"], second.said["total"]["cost"]) == (2, "6.000000000000")
    assert second.said["previous"] == {"month": "2024-10", "revision": 1, "hash": first.hash}
    assert issued.issued(closed.store, "2024-10", "acme", revision=1) == first
    assert issued.issued(closed.store, "2024-10", "acme", known=known) == first
    assert verify(closed.store).faults == ()
    assert independent_verifier.faults(closed.store) == []


def test_of_two_that_close_at_once_one_counts(closed):
    before = chain.events(closed.store)
    said = {"action": "post", "month": "2024-11", "login": "", "timezone": "UTC"}
    chain.append(closed.store, before, who="ann", **said)
    with pytest.raises(ClosingError, match="another close was at work"):
        chain.append(closed.store, before, who="bob", **said)
    assert [event.who for event in chain.events(closed.store)[len(before) :]] == ["ann"]


def test_a_dispute_is_kept_with_its_answer_and_the_statement_stays(closed):
    before = issued.issued(closed.store, "2024-10", "acme")
    number = dispute.complain(closed.store, "2024-10", "acme", 1, "not ours", close.Person("carol", "carol"))
    dispute.answer(closed.store, number, "it was", ANN, accepted=False)
    [row] = closed.store.frame("reports/closing/disputes").to_dict("records")
    assert (row["tenant"], row["line"], row["says"], row["state"], row["answer"]) == (
        "acme",
        1,
        "not ours",
        "rejected",
        "it was",
    )
    assert issued.issued(closed.store, "2024-10", "acme") == before
    with pytest.raises(ClosingError, match="is answered"):
        dispute.answer(closed.store, number, "no", ANN, accepted=True)
    with pytest.raises(ClosingError, match="there is no line 9"):
        dispute.complain(closed.store, "2024-10", "acme", 9, "what", ANN)
    assert verify(closed.store).faults == ()


def test_what_a_dispute_says_is_forgotten_with_its_tenant_and_the_chain_holds(closed):
    carol = close.Person("carol", "carol")
    for tenant in ("acme", "globex"):
        number = dispute.complain(closed.store, "2024-10", tenant, 1, f"{tenant} left this model", carol)
        dispute.answer(closed.store, number, f"{tenant} did not", ANN, accepted=False)
    assert verify(closed.store).faults == ()
    pseudonym = new_pseudonym()
    assert forget(closed.store, "tenant", "acme", pseudonym)["book_event"] == 2
    assert verify(closed.store).faults == ()
    assert independent_verifier.faults(closed.store) == []
    of, other = closed.store.frame("reports/closing/disputes").to_dict("records")
    assert (of["tenant"], of["says"], of["answer"], of["state"]) == (pseudonym, "", "", "rejected")
    assert (other["says"], other["answer"]) == ("globex left this model", "globex did not")
    for table in ("book_event", "book_statement", "book_party", "book_history"):
        assert "acme" not in str(closed.store.rows(f"SELECT * FROM {table}"))


def test_why_a_month_is_reopened_can_be_forgotten_and_the_chain_holds(closed):
    why = "carol@acme.example left in September"
    number = close.ask_to_reopen(closed.store, "2024-10", ANN, why).number
    close.reopen(closed.store, "2024-10", BOB)
    assert closed.store.frame("reports/closing/chain").set_index("number")["says"][number] == why
    closed.store.execute(f"ALTER TABLE book_event UPDATE says = '' WHERE number = {number}", settings=NOW)
    assert "its text is not the one that it was made with" in verify(closed.store).faults[0]
    forget_text(closed.store, number, BOB)
    assert verify(closed.store).faults == ()
    assert independent_verifier.faults(closed.store) == []
    assert "carol" not in str(closed.store.rows("SELECT * FROM book_event"))
    last = chain.events(closed.store)[-1]
    assert (last.action, last.who, last.said["text_of"]) == ("forget", "bob", number)
    for again, told in ((number, f"the text of event {number} of the books is forgotten already"), (1, "has no text")):
        with pytest.raises(ClosingError, match=told):
            forget_text(closed.store, again, BOB)
    assert len(chain.events(closed.store)) == last.number


@pytest.mark.parametrize("change", ["says = 'it was ours'", "says = ''", "says = '', says_salt = ''"])
def test_the_text_of_a_dispute_that_somebody_changed_is_found(closed, change):
    number = dispute.complain(closed.store, "2024-10", "acme", 1, "not ours", close.Person("carol", "carol"))
    closed.store.execute(f"ALTER TABLE book_event UPDATE {change} WHERE action = 'dispute'", settings=NOW)
    [fault] = verify(closed.store).faults
    assert fault == f"event {number} (dispute 2024-10): its text is not the one that it was made with"


def test_what_was_learned_between_two_moments_is_the_difference_of_what_was_known(closed):
    first = datetime.now(UTC)
    # Thousandths of so many digits are kept whole: cut off, they would not sum.
    closed.add({**CALL, "tenant_id": "acme", "co2e_g": 0.1357965970957, "co2e_g_low": 0.0009999, "co2e_g_high": 0.7})
    close.record(closed.store, "2024-10", ANN)
    second = datetime.now(UTC) + timedelta(seconds=1)

    def known(at):
        [row] = closed.store.frame("reports/closing/balance", known=at, months=[], by=[]).to_dict("records")
        return row

    [flux] = closed.store.frame("reports/closing/flux", since=first, known=second, months=[], by=[]).to_dict("records")
    assert (flux["reason"], flux["month"], flux["booked_in"]) == ("late", "2024-10", "2024-11")
    for name in ("cost", "list_cost", "price", "co2e_kg", "co2e_kg_least", "co2e_kg_most"):
        assert known(second)[name] - known(first)[name] == flux[name]
    assert (flux["cost"], flux["co2e_kg"]) == (2, Decimal("0.000135796597095"))
