-- What is done with the values of attributes, by their names: a part of the views that say {{treatments_of}}.
-- 1 a name, 2 a count, 3 a document of counts, 4 one of identities, 5 a host, 6 a type, 7 an answer, 8 contents, 9 whose call
-- it is, 10 an e-mail address; 0 what is not known. rule_names: the names in the tenant rules in force, which go before all others
-- but addresses.
(names -> arrayMap(
    name -> toUInt8(transform(name, arrayConcat({{emails}}, rule_names, {{names_known}}),
                              arrayConcat(arrayWithConstant(length({{emails}}), 10), arrayWithConstant(length(rule_names), 9), {{treatments}}), 0)),
    names)) AS known_of,
(names -> if(
    has(known_of(names), 0),
    arrayMap((name, known) -> toUInt8(multiIf(known != 0, known,
                                              match(name, {{patterns_of_contents}}), 8,
                                              match(name, {{patterns_of_usage}}), 3,
                                              match(name, {{patterns_of_names}}), 1,
                                              match(name, {{patterns_of_identities}}), 9,
                                              0)),
             names, known_of(names)),
    known_of(names))) AS treatments_of
