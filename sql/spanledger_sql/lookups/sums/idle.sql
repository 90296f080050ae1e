-- Whether metered hosts drew anything while no call ran: reports of energy have it beside their calls.
--
-- Columns:
--   idle: 1: there is idle energy
SELECT count() > 0 AS idle
FROM idle_energy
