-- What may be stored of a map of attributes, by what is done with each value: a part of the views that say {{stored_of}}, after
-- {{treatments_of}}. The numbers are those of treatments_of.
-- Of a document of counts, JSON or the repr of a Python dict: its numbers, in their places, and the words of what prices
-- depend on: model, tier, speed, place and modality.
(document -> replaceRegexpAll(
    replaceRegexpAll(
        arrayStringConcat(
            arrayFilter(
                part -> part != '',
                extractAll(if(startsWith(document, '"'), JSONExtractString(document), document),
                           '(["\'](?:service_?[tT]ier|speed|inference_?[gG]eo|traffic_?[tT]ype|modality)["\']\\s*:\\s*["\'][\\w.-]{1,40}["\']|["\']model["\']\\s*:\\s*["\'][\\w.:/@-]{1,100}["\']|["\'][\\w.]{1,64}["\']\\s*:\\s*(?:[{\\[]|-?[0-9][0-9.eE+-]*|null|None)|[{}\\[\\]])|"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'')),
            ','),
        '([\\[{]),+', '\\1'),
    ',+([\\]}])', '\\1')) AS numbers_of,
(document -> arrayStringConcat(
    arrayFilter(
        part -> part != '',
        arrayMap(
            field -> if(JSONExtractString(document, field) = '', '',
                        concat(toJSONString(field), ':', toJSONString(substring(JSONExtractString(document, field), 1, 1000)))),
            ['tenant.id', 'tenant_id', 'tenant', 'user_id', 'session_id'])),
    ',')) AS identities_of,
-- Of an answer that is a whole response, the response's id is kept: two reports of one call may share nothing else.
(answer -> extract(answer, '^{"id": ?"((?:chatcmpl|cmpl|resp|msg|gen)[-_][\\w-]{6,100})"')) AS id_of,

-- An e-mail address: as it is, or its HMAC-SHA256, by the rule in force; nothing without one.
(SELECT argMax((treatment, inner_pad, outer_pad), version) FROM email_rule) AS email_rule_in_force,
(address -> multiIf(
    address = '', '',
    email_rule_in_force.1 = 'keep', substringUTF8(address, 1, 320),
    email_rule_in_force.1 = 'hash', concat('email:', substring(lower(hex(SHA256(concat(
        unhex(email_rule_in_force.3),
        SHA256(concat(unhex(email_rule_in_force.2), lowerUTF8(trimBoth(address)))))))), 1, 32)),
    '')) AS email_of,

-- Of an address its host; who logs in there with what, and what is none, goes.
(address -> extract(if(position(address, '/') > 0, domain(address), address), '^(?:[^\\s/]*@)?([^\\s@/?#]{1,255})$')) AS host_of,

((treatment, text) -> multiIf(
    treatment IN (1, 9), if(length(text) <= 1000, text, ''),
    treatment = 0, if(length(text) <= 24 AND match(text, '^(-?[0-9][0-9.]*([eE][+-]?[0-9]{1,3})?|true|false|True|False)$'), text, ''),
    treatment = 2, if(length(text) <= 40, text, ''),
    treatment = 3, numbers_of(text),
    treatment = 4, if(identities_of(text) = '', '', concat('{', identities_of(text), '}')),
    treatment = 5, host_of(text),
    treatment = 6, extract(text, '^(?:<class \')?([\\w.$/-]{1,200}(?:::[\\w.$/-]{1,100}){0,5})'),
    treatment = 10, email_of(text),
    treatment = 11, if(length(text) <= 1000, replaceRegexpOne(text, '^([\\w+.-]+://)(?:[^/]*@)?([^?#]*).*', '\\1\\2'), ''),
    treatment = 7, if(id_of(text) = '', '', concat('{"id":"', id_of(text), '"}')),
    '')) AS storable,

((treatments, texts) -> arrayMap((treatment, text) -> storable(treatment, text), treatments, texts)) AS stored_texts,
((names, texts, kept) -> CAST(
    (arrayFilter((name, keep) -> keep, names, kept), arrayFilter((text, keep) -> keep, texts, kept)),
    'Map(LowCardinality(String), String)')) AS as_map,
((treatments, stored) -> arrayMap((treatment, text) -> text != '' OR treatment IN (1, 2, 9), treatments, stored)) AS worth_keeping,

-- Nearly all spans of a good instrumentation are of this kind: nothing to leave out.
((treatments, texts) -> arrayAll((treatment, text) -> treatment IN (1, 9) AND length(text) <= 1000
                                                      OR treatment = 2 AND length(text) <= 40,
                                 treatments, texts)) AS is_plain,
-- In one pass over triples: what is left of a value is told once, for each copy costs every insert its planning.
((attributes, treatments) -> if(
    is_plain(treatments, mapValues(attributes)),
    attributes,
    CAST(arrayMap(one -> (one.1, one.2),
                  arrayFilter(one -> one.2 != '' OR one.3 IN (1, 2, 9),
                              arrayMap((name, treatment, text) -> (name, storable(treatment, text), treatment),
                                       mapKeys(attributes), treatments, mapValues(attributes)))),
         'Map(LowCardinality(String), String)'))) AS stored_of
