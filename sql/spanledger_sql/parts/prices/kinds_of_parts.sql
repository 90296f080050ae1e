-- The kinds of parts without a price of the calls that the text names `c`: without how many of it there were; up to 100.
groupUniqArrayArray(100)(arrayMap(
    part -> replaceRegexpOne(part, '^[0-9.]+ ', ''),
    if(c.price_status = 'partial', splitByString(', ', c.unpriced_parts), [])))
