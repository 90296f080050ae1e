-- A lambda: of what may be stored of a span's or record's attributes, and of its resource's, those that may tell whose it is. A part
-- of the views that say {{told_of_whom}}, after {{treatments_of}}.
((attributes, resource) -> mapConcat(
    mapFilter((name, text) -> length(text) BETWEEN 1 AND 200,
              CAST((arrayFilter((name, treatment) -> treatment IN (9, 10), mapKeys(attributes), treatments_of(mapKeys(attributes))),
                    arrayFilter((text, treatment) -> treatment IN (9, 10), mapValues(attributes), treatments_of(mapKeys(attributes)))),
                   'Map(LowCardinality(String), String)')),
    CAST((arrayMap(name -> concat('resource.', name),
                   arrayFilter((name, treatment) -> treatment IN (1, 5, 9, 10), mapKeys(resource), treatments_of(mapKeys(resource)))),
          arrayFilter((text, treatment) -> treatment IN (1, 5, 9, 10), mapValues(resource), treatments_of(mapKeys(resource)))),
         'Map(LowCardinality(String), String)'))) AS told_of_whom
