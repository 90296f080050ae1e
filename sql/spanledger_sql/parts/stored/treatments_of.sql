-- What is done with the values of attributes, by their names: a part of the views that say {{treatments_of}}.
-- 1 a name, 2 a count, 3 a document of counts, 4 one of identities, 5 a host, 6 a type, 7 an answer, 8 contents, 9 whose call
-- it is, 10 an e-mail address, 11 a repository; 0 what is not known. rule_names: the names in the tenant rules in force, which go
-- before all others but these two.
-- The lists are named once, and all that is done is done in one pass: each copy of them costs every insert some milliseconds.
arrayConcat({{emails}}, {{repositories}}, rule_names, {{names_known}}) AS names_treated,
arrayConcat(arrayWithConstant(length({{emails}}), 10), arrayWithConstant(length({{repositories}}), 11),
            arrayWithConstant(length(rule_names), 9), {{treatments}}) AS treated_as,
(names -> arrayMap(name -> toUInt8(transform(name, names_treated, treated_as, 0)), names)) AS known_of,
(names -> arrayMap(
    (name, known) -> if(known != 0, known, toUInt8(multiIf(
        match(name, {{patterns_of_contents}}), 8,
        match(name, {{patterns_of_usage}}), 3,
        match(name, {{patterns_of_names}}), 1,
        match(name, {{patterns_of_identities}}), 9,
        -- What has spaces is no name, and may tell anything, though its value is a number.
        match(name, '\\s') OR length(name) > 200, 8,
        0))),
    names, known_of(names))) AS treatments_of
