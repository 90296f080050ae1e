-- Puts down which nested calls may report the same, or a part of it: all but those that are calls of their own, such as a
-- sub-agent's, a guardrail's or a reranker's within a stream.
--
-- A call is its own if it tells other tokens than the one around it, and another response id, or another model and wholly
-- other tokens. So is one that begins when the one around has ended, as some tracers hang calls on the one before, if it
-- tells another id, or one instrumentation tells both. None is if what is innermost adds up to the one around. A span without
-- an id is known by the ids inside it.
-- LiteLLM's ids are made up, and tell nothing apart. What is inside a span that is surely the same as the one around is
-- inside that as well.
INSERT INTO {nestings:Identifier}
WITH
    leaf AS
    (
        SELECT
            inside.outer_span AS span,
            sum(inner_call.input_tokens) AS input_tokens,
            sum(inner_call.output_tokens) AS output_tokens,
            groupUniqArrayIf(inner_call.response_id,
                             inner_call.response_id != '' AND NOT startsWith(inner_call.reporter, 'litellm')) AS ids
        FROM {insides:Identifier} AS inside
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = inside.inner_span
        WHERE inside.inner_span NOT IN (SELECT outer_span FROM {insides:Identifier}) AND inner_call.has_usage
        GROUP BY span
    ),
    compared AS
    (
        SELECT
            inside.inner_span AS inner_span,
            inside.outer_span AS outer_span,
            inner_call.input_tokens = outer_call.input_tokens AND inner_call.output_tokens = outer_call.output_tokens
                AS same_tokens,
            inner_call.response_id != '' AND inner_call.response_id = outer_call.response_id AS same_id,
            if(inner_call.response_id = '', inner_leaf.ids,
               if(startsWith(inner_call.reporter, 'litellm'), [], [inner_call.response_id])) AS inner_ids,
            outer_call.response_id != '' AND NOT startsWith(outer_call.reporter, 'litellm') AND notEmpty(inner_ids)
                AND NOT has(inner_ids, outer_call.response_id) AS other_id,
            notEmpty(outer_call.model) AND notEmpty(inner_call.model)
                AND NOT hasAny(arrayFilter(name -> name != '', [outer_call.model, outer_call.answered]),
                               arrayFilter(name -> name != '', [inner_call.model, inner_call.answered])) AS other_model,
            inner_call.input_tokens != outer_call.input_tokens
                AND abs(toInt64(inner_call.output_tokens) - toInt64(outer_call.output_tokens)) > 1 AS other_tokens,
            inner_call.begins > outer_call.ends AND (other_id OR inner_call.reporter = outer_call.reporter) AS comes_after,
            outer_call.has_usage AND inner_call.has_usage AND NOT same_id
                AND (same_tokens OR NOT (outer_leaf.input_tokens = outer_call.input_tokens
                                         AND outer_leaf.output_tokens = outer_call.output_tokens))
                AND (comes_after OR NOT same_tokens AND (other_id OR other_model AND other_tokens)) AS is_own
        FROM {insides:Identifier} AS inside
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = inside.inner_span
        INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = inside.outer_span
        LEFT JOIN leaf AS inner_leaf ON inner_leaf.span = inside.inner_span
        LEFT JOIN leaf AS outer_leaf ON outer_leaf.span = inside.outer_span
        SETTINGS join_use_nulls = 0
    )
SELECT inner_span, outer_span
FROM compared
WHERE NOT is_own
UNION DISTINCT
SELECT within.inner_span, around.outer_span
FROM (SELECT * FROM compared WHERE NOT is_own) AS within
INNER JOIN (SELECT * FROM compared WHERE (same_id OR same_tokens) AND NOT is_own) AS around ON around.inner_span = within.outer_span
