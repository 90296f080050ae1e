-- Values of OTLP as text, as the OpenTelemetry Collector's exporter writes them, arrays as JSON; and its times: a part of the
-- views that say {{attribute_text}}.
v -> multiIf(
    v.value = 'string_value', v.string_value,
    v.value = 'int_value', toString(v.int_value),
    v.value = 'double_value', toString(v.double_value),
    v.value = 'bool_value', if(v.bool_value, 'true', 'false'),
    v.value = 'array_value', concat('[', arrayStringConcat(arrayMap(
        x -> multiIf(x.value = 'string_value', toJSONString(x.string_value),
                     x.value = 'int_value', toString(x.int_value),
                     x.value = 'double_value', toString(x.double_value),
                     x.value = 'bool_value', if(x.bool_value, 'true', 'false'),
                     'null'),
        v.array_value.values), ','), ']'),
    v.value = 'bytes_value', base64Encode(v.bytes_value),
    '') AS as_text,
kvs -> CAST(arrayMap(kv -> (kv.key, as_text(kv.value)), kvs), 'Map(LowCardinality(String), String)') AS texts_of,
n -> fromUnixTimestamp64Nano(toInt64(least(n, toUInt64(9223372036854775807))), 'UTC') AS as_time
