-- What the rules say: tenant, which rule, and whether that goes before what is said itself; ('', '', 0) where none says anything. The
-- first that gives a tenant holds, of those that go first and of the others each. A part of the statements that say
-- {{answer_of_rules}}, after {{tenant_rules}}; `said` gives the value of an attribute.
arrayMap(rule -> (tenant_by(rule, said(rule.2)), concat('rule ', toString(rule.1), ': ', rule.2), rule.4), rules)
    AS answers,
arrayFirst(answer -> answer.1 != '' AND answer.3 = 1, answers) AS first,
arrayFirst(answer -> answer.1 != '' AND answer.3 = 0, answers) AS last,
if(first.1 != '', first, last) AS answer
