-- Of the text of a call's parts without a price, their kinds: without how many of it there were, each once and in order.
(parts -> arrayStringConcat(arraySort(arrayDistinct(arrayMap(
    part -> replaceRegexpOne(part, '^[0-9.]+ ', ''), splitByString(', ', parts)))), ', '))
