-- Where OTLP export requests come in. All but the last of these tables store nothing: the views on them hand their rows on.
-- Requests in protobuf are inserted with FORMAT Protobuf, in JSON with FORMAT JSONEachRow, one a line, as a Collector's
-- file exporter writes them. The structures follow opentelemetry-proto 1.x.

-- Requests in protobuf, length-prefixed, as the spool has them: a table for each signal, so that an insert is at the cost of no
-- views but its own signal's, which flatten it into tables. Of spans.
CREATE TABLE IF NOT EXISTS otlp_trace_requests
(
    resource_spans Array(Tuple(
        resource Tuple(
            attributes Array(Tuple(key String, value Tuple(
                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                            'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                string_value String, bool_value Bool, int_value Int64, double_value Float64,
                array_value Tuple(values Array(Tuple(
                    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                    string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                bytes_value String)))),
        scope_spans Array(Tuple(
            scope Tuple(name String, version String),
            spans Array(Tuple(
                trace_id String, span_id String, trace_state String, parent_span_id String,
                name String, kind Int32, start_time_unix_nano UInt64, end_time_unix_nano UInt64,
                attributes Array(Tuple(key String, value Tuple(
                    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                                'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                    string_value String, bool_value Bool, int_value Int64, double_value Float64,
                    array_value Tuple(values Array(Tuple(
                        value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3,
                                    'double_value' = 4),
                        string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                    bytes_value String))),
                events Array(Tuple(
                    time_unix_nano UInt64, name String,
                    attributes Array(Tuple(key String, value Tuple(
                        value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3,
                                    'double_value' = 4, 'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                        string_value String, bool_value Bool, int_value Int64, double_value Float64,
                        array_value Tuple(values Array(Tuple(
                            value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3,
                                        'double_value' = 4),
                            string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                        bytes_value String))))),
                links Array(Tuple(trace_id String, span_id String, trace_state String)),
                status Tuple(message String, code Int32)))))))
        COMMENT 'the request as its protobuf message says; of a value only the member named in `value` is set'
)
ENGINE = Null;

-- Likewise, of logs.
CREATE TABLE IF NOT EXISTS otlp_log_requests
(
    resource_logs Array(Tuple(
        resource Tuple(
            attributes Array(Tuple(key String, value Tuple(
                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                            'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                string_value String, bool_value Bool, int_value Int64, double_value Float64,
                array_value Tuple(values Array(Tuple(
                    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                    string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                bytes_value String)))),
        scope_logs Array(Tuple(
            scope Tuple(name String, version String),
            log_records Array(Tuple(
                time_unix_nano UInt64, observed_time_unix_nano UInt64, severity_number Int32, severity_text String,
                trace_id String, span_id String, event_name String,
                attributes Array(Tuple(key String, value Tuple(
                    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                                'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                    string_value String, bool_value Bool, int_value Int64, double_value Float64,
                    array_value Tuple(values Array(Tuple(
                        value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                        string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                    bytes_value String)))))))))
        COMMENT 'the request as its protobuf message says; bodies are not read'
)
ENGINE = Null;

-- Likewise, of metrics.
CREATE TABLE IF NOT EXISTS otlp_metric_requests
(
    resource_metrics Array(Tuple(
        resource Tuple(
            attributes Array(Tuple(key String, value Tuple(
                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                            'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                string_value String, bool_value Bool, int_value Int64, double_value Float64,
                array_value Tuple(values Array(Tuple(
                    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                    string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                bytes_value String)))),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String),
            metrics Array(Tuple(
                name String, unit String,
                sum Tuple(
                    aggregation_temporality Int32, is_monotonic Bool,
                    data_points Array(Tuple(
                        start_time_unix_nano UInt64, time_unix_nano UInt64, flags UInt32, as_double Float64, as_int Int64,
                        attributes Array(Tuple(key String, value Tuple(
                            value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                                        'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                            string_value String, bool_value Bool, int_value Int64, double_value Float64,
                            array_value Tuple(values Array(Tuple(
                                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                                string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                            bytes_value String)))))),
                histogram Tuple(
                    aggregation_temporality Int32,
                    data_points Array(Tuple(
                        start_time_unix_nano UInt64, time_unix_nano UInt64, flags UInt32, count UInt64, sum Float64,
                        attributes Array(Tuple(key String, value Tuple(
                            value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                                        'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                            string_value String, bool_value Bool, int_value Int64, double_value Float64,
                            array_value Tuple(values Array(Tuple(
                                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                                string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                            bytes_value String)))))),
                exponential_histogram Tuple(
                    aggregation_temporality Int32,
                    data_points Array(Tuple(
                        start_time_unix_nano UInt64, time_unix_nano UInt64, flags UInt32, count UInt64, sum Float64,
                        attributes Array(Tuple(key String, value Tuple(
                            value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4,
                                        'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7),
                            string_value String, bool_value Bool, int_value Int64, double_value Float64,
                            array_value Tuple(values Array(Tuple(
                                value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4),
                                string_value String, bool_value Bool, int_value Int64, double_value Float64))),
                            bytes_value String))))))))))))
        COMMENT 'the request as its protobuf message says'
)
ENGINE = Null;

-- Requests in JSON; the view `otlp_trace_requests_from_json` hands them on to `otlp_trace_requests`. Numbers may be text in
-- OTLP/JSON, so that all values are read as text.
CREATE TABLE IF NOT EXISTS otlp_json_requests
(
    resourceSpans Array(Tuple(
        resource Tuple(
            attributes Array(Tuple(key String, value Tuple(
                stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                doubleValue Nullable(String),
                arrayValue Tuple(values Array(Tuple(
                    stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                    doubleValue Nullable(String)))),
                bytesValue Nullable(String))))),
        scopeSpans Array(Tuple(
            scope Tuple(name String, version String),
            spans Array(Tuple(
                traceId String, spanId String, traceState String, parentSpanId String,
                name String, kind String, startTimeUnixNano String, endTimeUnixNano String,
                attributes Array(Tuple(key String, value Tuple(
                    stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                    doubleValue Nullable(String),
                    arrayValue Tuple(values Array(Tuple(
                        stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                        doubleValue Nullable(String)))),
                    bytesValue Nullable(String)))),
                events Array(Tuple(
                    timeUnixNano String, name String,
                    attributes Array(Tuple(key String, value Tuple(
                        stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                        doubleValue Nullable(String),
                        arrayValue Tuple(values Array(Tuple(
                            stringValue Nullable(String), boolValue Nullable(String), intValue Nullable(String),
                            doubleValue Nullable(String)))),
                        bytesValue Nullable(String)))))),
                links Array(Tuple(traceId String, spanId String, traceState String)),
                status Tuple(message String, code String)))))))
        COMMENT 'the request as its JSON says, all values as text; NULL is what a value is not'
)
ENGINE = Null;

-- Takes the same rows and hands them on to nobody: a file is read whole before any of it is stored.
CREATE TABLE IF NOT EXISTS otlp_json_check AS otlp_json_requests
ENGINE = Null;

-- Which groups of requests of files were stored, or begun: what was begun and is not done is taken back when it comes again.
CREATE TABLE IF NOT EXISTS taken_file
(
    token String COMMENT 'a hash of the file, and the number of the group in it',
    moment UInt64 COMMENT 'the `ingested_at` of its rows, microseconds since 1970',
    done UInt8 COMMENT '1: it is stored; 0: it was begun',
    version UInt64 COMMENT 'the highest is in force'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY token;
