#!/bin/sh
# Fills `corpus` from real catalogs, the cases of `codegen/tests`, the JSON Schema test suite, and attacks written here.
# Usage: ./seed.sh [DIR]   DIR holds `schemas/*.tools.json` and `json-schema-test-suite`; default: ../../shared. Needs jq.
set -eu
cd "$(dirname "$0")"
shared=${1:-../../shared}
mkdir -p corpus/schema_to_wit corpus/codec corpus/load corpus/arguments corpus/types corpus/catalog corpus/script_source corpus/script_host

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

# The target says what each byte of these means.
bytes() { for byte; do printf "$(printf '\\%03o' "$byte")"; done; }

# NAME CALL LISTS COUNT N M PREFIX UNIT SUFFIX: the unit stands there COUNT times.
arguments() {
    { bytes "$2" "$3" $(($4 % 256)) $(($4 / 256)) $(($5 % 256)) $(($5 / 256)) $(($6 % 256)) $(($6 / 256))
    printf '%s\377%s\377%s' "$7" "$8" "$9"; } >"corpus/arguments/$1"
}
once=0 again=1 batch=2 typed=3
tree=0 flat=4 deny=8 none=12
for unit in '1,' '{},' '[],' '"",' '{"k":0},' '"\u0000",' '-1.5e-300,' '[[[[[]]]]],'; do
    name=$(printf %s "$unit" | cksum | cut -d' ' -f1)
    for server in $tree $flat $deny $none; do
        arguments "once-$server-$name" $((once + server)) 0 65535 1 0 '{"a":[' "$unit" '0]}'
        arguments "again-$server-$name" $((again + server)) 0 1000 2000 0 '{"a":[' "$unit" '0]}'
        arguments "batch-$server-$name" $((batch + server)) 0 100 5000 0 '{"a":[' "$unit" '0]}'
    done
    arguments "any-$name" $typed 2 1000 1000 0 '[' "$unit" '0]'
    arguments "any-once-$name" $typed 2 65535 1 0 '[' "$unit" '0]'
done
arguments deep $once 0 65535 1 0 '{"a":' '[' ']}'
arguments deep-any $typed 2 65535 4 0 '' '[' ''
arguments keys $once 0 30000 1 0 '{' '"a":{"b":[]},' '"a":1}'
arguments broken $again 0 10000 65535 0 '{' '"a":1,' '}'
for n in 0 1 100 65535; do
    arguments "empty-$n" $batch 0 0 "$n" 0 '' '' ''
    arguments "denied-$n" $((batch + deny)) 0 0 "$n" 0 '{}' '' ''
    arguments "rows-$n" $typed 1 10 "$n" 1000 '' 'x' ''
    arguments "rows-empty-$n" $typed 1 0 "$n" 49152 '' '' ''
    arguments "map-$n" $typed 4 4000 "$n" 0 '' 'abcdefg' ''
    arguments "octets-$n" $typed 16 "$n" 0 0 '' 'xxxxxxxxxxxxxxxx' ''
    arguments "points-$n" $typed 8 "$n" 0 0 '' "$(bytes 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)" ''
    arguments "all-$n" $typed 31 1000 "$n" "$n" '' '1 ' ''
done

# NAME FUNCTIONS TIMES KIND OF COUNT: the same step so many times; 255 is the type that was made last.
steps() {
    { bytes 3 "$2"
    for _ in $(seq "$3"); do bytes "$4" "$5" "$6"; done; } >"corpus/types/$1"
}
for kind in 0 1 2 3 4 5 6 7 8; do
    for shape in '20 2' '6 16' '3 100' '120 1'; do
        times=${shape% *} count=${shape#* }
        steps "exported-$kind-$times" 1 "$times" "$kind" 255 "$count"
        steps "imported-$kind-$times" 16 "$times" "$kind" 255 "$count"
        steps "many-$kind-$times" 255 "$times" "$kind" 255 "$count"
    done
done
cp corpus/load/component corpus/types/component
{ printf '\001'; seq 1 2000; } >corpus/types/generated

# Schemas whose types are far larger than their text: each level refers to the next several times.
levels='[range(0; $depth) | {key: "d\(.)", value: ("#/$defs/d\(. + 1)" | shape)}] + [{key: "d\($depth)", value: {type: "string"}}]
    | from_entries as $defs | [{name: "t", inputSchema: {type: "object", properties: {a: {"$ref": "#/$defs/d0"}}, "$defs": $defs},
        outputSchema: {type: "object", properties: {a: {"$ref": "#/$defs/d0"}}, "$defs": $defs}}]'
# NAME TOOLS PAGES TEXT: the tools of the text so many times more, and the page.
catalog() {
    { bytes "$2" "$3"
    printf %s "$4"; } >"corpus/catalog/$1"
}
for shape in 'object:{type: "object", properties: {a: {"$ref": .}, b: {"$ref": .}}, required: ["a", "b"]}' \
    'tuple:{type: "array", prefixItems: [{"$ref": .}, {"$ref": .}, {"$ref": .}], items: false, minItems: 3}' \
    'union:{anyOf: [{type: "object", properties: {k: {const: "x"}, v: {"$ref": .}}, required: ["k"]}, {type: "object", properties: {k: {const: "y"}, v: {"$ref": .}}, required: ["k"]}]}' \
    'all:{allOf: [{"$ref": .}, {"$ref": .}]}' \
    'map:{type: "object", additionalProperties: {"$ref": .}, properties: {a: {"$ref": .}}}'; do
    for depth in 4 8 12 25; do
        text=$(jq -nc --argjson depth "$depth" "def shape: ${shape#*:}; $levels")
        catalog "${shape%%:*}-$depth" 0 0 "$text"
        catalog "${shape%%:*}-$depth-300" 99 2 "$text"
    done
done
wide=$(jq -nc '[{name: "t", description: ("x" * 2000), inputSchema: {type: "object", properties: ([range(0; 200) | {key: "p\(.)", value: {enum: [range(0; 20) | "e\(.)"]}}] | from_entries)}}]')
catalog wide 0 0 "$wide"
catalog wide-1000 255 3 "$wide"
catalog plain 0 0 '[{"name":"t","description":"Does it.","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}]'
catalog plain-4000 255 15 '[{"name":"t","description":"Does it.","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}]'
catalog nothing 255 15 '[{}]'
catalog pages 0 15 '[]'
catalog whole 0 0 '{"tools":[{"name":"t","inputSchema":{}}],"nextCursor":"0"}'
catalog heavy 20 3 "[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\",\"default\":[$(printf '{},%.0s' $(seq 2000))0]}}]"
catalog described 255 15 "$(jq -nc '[{name: "t", description: ("\n" * 4000), inputSchema: {type: "object"}}]')"

# The first byte says the name and the schema. Each case is there as TypeScript and as JavaScript.
for case in ../script/tests/cases/*.ts; do
    name=$(basename "$case" .ts)
    { bytes 0; cat "$case"; } >"corpus/script_source/$name"
    { bytes 3; cat "$case"; } >"corpus/script_source/$name-js"
done
script() { { bytes "$2"; printf %s "$3"; } >"corpus/script_source/$1"; }
script reads 0 'import{f}from"mcp:s";const{items}=await f({});for(const i of items)i.a.x;items.map(({b})=>b).c;'
script promise 2 'import*as s from"mcp:s";const[p]=await Promise.all([1].map(async()=>await s.f({a:"z"})));p.next.next.q'
script guard 4 'async function main(){return s.f()}
if(require.main===module)main().then(console.log)'
script quotes 0 'const a = “b”;
export default a'
script exports 1 'exports.a=1;module.exports=async({a})=>require("mcp:s").f(a)'
script nested 0 '((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))'
script template 0 '`${`${`${a}`}`}`;```ts'

# The component that stands in the place of the script engine, and calls that it makes, one a line.
cargo build --quiet --locked --release --target wasm32-wasip2 --manifest-path ../tests/guests/Cargo.toml \
    --package engine-calls --target-dir ../target/skills
calls() { name=$1; shift; printf '%s\n' "$@" >"corpus/script_host/$name"; }
calls overlap 'call 4 {"n":3}' 'call 4 {"n":1}' 'call 1 {"a":[1,"x"]}' wait wait wait
calls kept 'call 0 {"n":900000}' wait take-kept 'call 0 {"n":90000}' wait 'refuse-kept 0'
calls unknown 'call 5 {}' 'call 4294967295 {}' 'take 0' 'refuse 9' 'refuse 0 0'
calls wrong 'call 1 [1]' 'call 1' 'call 1 {' 'call 1 null' 'call 1 {"a":1e999}' 'call 1 {"a":"\ud800"}' 'call 0 {"n":-1}'
calls deep "call 1 $(printf '{"a":%.0s' $(seq 200))1$(printf '}%.0s' $(seq 200))" "call 1 $(printf '[%.0s' $(seq 2000))"
{ for _ in $(seq 300); do echo 'call 4 {"n":900}'; done; for _ in $(seq 300); do echo cancel; done; } >corpus/script_host/many
calls failures 'call 2 {"a":1}' 'call 3 {}' wait wait 'sleep 1' 'sleep 4294967295' wait cancel cancel
calls stores 'read 0 /mcp-tools' 'list 0 /mcp-tools/lab' 'write 0 /x' 'get 0 k' 'set 0 k' 'keys 0 k' 'log 0 text'

for corpus in corpus/*; do
    echo "$(find "$corpus" -type f | wc -l) inputs in $corpus"
done
