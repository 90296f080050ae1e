-- OTLP export requests as JSON, one a line, as a Collector's file exporter writes them.
--
-- `otlp_json_requests` stores nothing: the view `otlp_requests_from_json` hands its rows on to `otlp_requests`.
-- Numbers may be text in OTLP/JSON, so that all values are read as text; NULL is what a value is not.

CREATE TABLE otlp_json_requests
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
)
ENGINE = Null;

-- Takes the same rows and hands them on to nobody: a file is read whole before any of it is stored.
CREATE TABLE otlp_json_check AS otlp_json_requests
ENGINE = Null;
