#!/bin/sh
# Fills `corpus` from real catalogs, the cases of `codegen/tests`, and the JSON Schema test suite.
# Usage: ./seed.sh [DIR]   DIR holds `schemas/*.tools.json` and `json-schema-test-suite`; default: ../../shared. Needs jq.
set -eu
cd "$(dirname "$0")"
shared=${1:-../../shared}
mkdir -p corpus/schema_to_wit corpus/codec corpus/load

# Whole cases, and each tool of a catalog alone.
for catalog in "$shared"/schemas/*.tools.json; do
    server=$(basename "$catalog" .tools.json)
    jq -c '(.tools // .result.tools // .)[] | [.]' "$catalog" | split -l 1 -a 4 - "corpus/schema_to_wit/$server-"
done
for case in ../codegen/tests/cases/*/*.json; do
    cp "$case" "corpus/schema_to_wit/case-$(basename "$(dirname "$case")")"
done

# A schema, an empty line (the tool is unchanged), and values: one file of three or more lines each.
instance='
    def of: if type != "object" then 1
        elif has("const") then .const
        elif has("enum") then .enum[0]
        elif has("default") then .default
        elif has("anyOf") then .anyOf[0] | of
        elif .type == "object" then (.properties // {}) | map_values(of)
        elif .type == "array" then [.items // {} | of]
        elif .type == "string" then "text"
        elif .type == "boolean" then true
        elif .type == "number" then 0.5
        else 7 end;'
lines() {
    # Line by line through files: some schemas are longer than an argument may be.
    awk -v dir="corpus/codec" -v name="$1" 'BEGIN { n = 0; file = "" }
        /^%$/ { if (file) close(file); n++; file = sprintf("%s/%s-%04d", dir, name, n); next }
        { print > file }'
}
for catalog in "$shared"/schemas/*.tools.json; do
    jq -r "$instance"' (.tools // .result.tools // .)[] | (.inputSchema, .outputSchema // empty)
        | "%", tojson, "", (of | tojson), "{}"' "$catalog" | lines "$(basename "$catalog" .tools.json)"
done
for suite in "$shared"/json-schema-test-suite/tests/draft2020-12/*.json; do
    jq -r '.[] | select(.schema | type == "object")
        | "%", (.schema | tojson), "", (.tests[].data | tojson)' "$suite" | lines "suite-$(basename "$suite" .json)"
done
# The same property as another type each time: what a tool becomes when it changes.
for drift in '"string"' '["string","null"]' '"integer"' '"number"' '"boolean"'; do
    printf '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}\n{"type":"object","properties":{"a":{"type":%s},"b":{"type":"string"}}}\n{"a":"x"}\n{"a":null,"b":"y"}\n' "$drift" \
        >"corpus/codec/drift-$(echo "$drift" | tr -cd a-z)"
done

# The first byte says what the rest is: 0 a component, 2 the schema of a tool that a skill imports, 3 that and changes.
for schema in '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}' \
    '{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"enum":["x","y"]}}}},"f":{}}}'; do
    name=$(printf %s "$schema" | cksum | cut -d' ' -f1)
    printf '\002%s' "$schema" >"corpus/load/skill-$name"
    printf '\003\020\000\001\100\000\002\200\000\003\000\001\004%s' "$schema" >"corpus/load/changed-$name"
done
printf '\000\000asm\015\000\001\000' >corpus/load/component
printf '\000\000asm\001\000\000\000' >corpus/load/module
{ printf '\001'; seq 1 2000; } >corpus/load/generated
head -c 4096 /dev/zero >corpus/load/zeros
for corpus in corpus/*; do
    echo "$(find "$corpus" -type f | wc -l) inputs in $corpus"
done
