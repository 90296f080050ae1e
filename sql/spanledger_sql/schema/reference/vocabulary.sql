-- What the project knows of providers and attributes. The rows are spanledger_vocabulary's; each start with other files puts
-- them in anew.

-- A provider: is_api: it runs on others' machines; hosts: of its API, each with all below it, '*-' for a region before the
-- service's name. The other columns as in spanledger_vocabulary/README.md.
CREATE TABLE IF NOT EXISTS provider
(
    name String COMMENT 'canonical name',
    aliases Array(String) COMMENT 'other names of it, lower case',
    hosts Array(String) COMMENT 'of its API, each with all below it; \'*-\' stands for a region before the service\'s name',
    is_api UInt8 COMMENT '1: it runs on others\' machines; 0: on the user\'s own',
    models String COMMENT 'regular expression of the names of models that only it has; \'\' where none',
    catalogue String COMMENT 'what the price catalogue calls it',
    makers Array(String) COMMENT 'whose models it sells',
    data_centres String COMMENT 'whose data centres it runs in, as the energy models call them'
)
ENGINE = MergeTree
ORDER BY name;

-- An attribute, or a pattern of names: then `pattern` is its regular expression. stored: 'whole', 'part' or 'no'.
CREATE TABLE IF NOT EXISTS attribute
(
    name String COMMENT 'as it stands on a span; \'*\' in a pattern',
    pattern String COMMENT 'regular expression of the names; \'\' for one name',
    dialect LowCardinality(String) COMMENT 'whose name it is',
    meaning LowCardinality(String) COMMENT 'what it means here; \'\' where nothing is read from it',
    holds LowCardinality(String) COMMENT 'what its values are, such as name, count, identity, contents',
    stored LowCardinality(String) COMMENT 'whole, part or no'
)
ENGINE = MergeTree
ORDER BY name;
