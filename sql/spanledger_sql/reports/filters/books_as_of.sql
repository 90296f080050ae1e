-- When the books beside the ledger last changed.
--
-- Columns:
--   changed_at: when a month was posted or closed, an alarm raised or delivered, a commitment shared out, a bill reconciled, or a
--     bill, budget, commitment, charge or price book imported or taken back, UTC; 1970: never
SELECT greatest(
    (SELECT max(at) FROM book_event),
    (SELECT max(at) FROM book_history),
    (SELECT max(made_at) FROM reconciliation),
    (SELECT max(noticed_at) FROM alarm),
    (SELECT max(at) FROM alarm_delivery),
    (SELECT max(allocated_at) FROM allocation)
) AS changed_at
