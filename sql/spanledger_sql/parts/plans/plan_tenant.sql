-- By whose plan a tenant (`whose`) pays in a month (`of_month`, its first day): his own, else the common one `*`; nobody's who
-- is no tenant, such as `(unattributed)`.
multiIf((whose, of_month) IN (SELECT tenant_id, month FROM plan_month), whose, startsWith(whose, '('), '', '*')
