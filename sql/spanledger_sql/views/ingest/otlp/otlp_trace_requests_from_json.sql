-- Hands OTLP export requests in JSON on to `otlp_trace_requests`, as the protobuf ones come.
--
-- Ids are hex there; enumerations are numbers or their names.
-- Needs: otlp_json_requests, otlp_trace_requests

CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_trace_requests_from_json TO otlp_trace_requests AS
WITH
    (text -> toUInt64OrZero(ifNull(text, ''))) AS as_nano,
    ((text, names) -> if(match(text, '^[0-9]+$'), toInt32OrZero(text), toInt32(indexOf(names, text) - 1))) AS as_enum,
    (v -> multiIf(v.stringValue IS NOT NULL, 'string_value', v.boolValue IS NOT NULL, 'bool_value',
                  v.intValue IS NOT NULL, 'int_value', v.doubleValue IS NOT NULL, 'double_value', 'none')) AS kind_of,
    (v -> (ifNull(v.stringValue, ''), ifNull(v.boolValue, '') = 'true', toInt64OrZero(ifNull(v.intValue, '')),
           toFloat64OrZero(ifNull(v.doubleValue, '')))) AS values_of,
    (kvs -> arrayMap(
        kv -> (
            kv.key,
            tupleConcat(
                tuple(multiIf(kind_of(kv.value) != 'none', kind_of(kv.value),
                              notEmpty(kv.value.arrayValue.values), 'array_value',
                              kv.value.bytesValue IS NOT NULL, 'bytes_value',
                              'none')),
                values_of(kv.value),
                tuple(tuple(arrayMap(part -> tupleConcat(tuple(kind_of(part)), values_of(part)), kv.value.arrayValue.values)),
                      tryBase64Decode(ifNull(kv.value.bytesValue, '')))
            )
        ),
        kvs)) AS as_attributes
SELECT
    arrayMap(rs -> (
        tuple(as_attributes(rs.resource.attributes)),
        arrayMap(ss -> (
            (ss.scope.name, ss.scope.version),
            arrayMap(s -> (
                unhex(s.traceId), unhex(s.spanId), s.traceState, unhex(s.parentSpanId),
                s.name,
                as_enum(s.kind, ['SPAN_KIND_UNSPECIFIED', 'SPAN_KIND_INTERNAL', 'SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT',
                                 'SPAN_KIND_PRODUCER', 'SPAN_KIND_CONSUMER']),
                as_nano(s.startTimeUnixNano), as_nano(s.endTimeUnixNano),
                as_attributes(s.attributes),
                arrayMap(e -> (as_nano(e.timeUnixNano), e.name, as_attributes(e.attributes)), s.events),
                arrayMap(l -> (unhex(l.traceId), unhex(l.spanId), l.traceState), s.links),
                (s.status.message, as_enum(s.status.code, ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']))
            ), ss.spans)
        ), rs.scopeSpans)
    ), resourceSpans) AS resource_spans
FROM otlp_json_requests;
