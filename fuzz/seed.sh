#!/bin/sh
# Fills `corpus/schema_to_wit` from catalogs: whole ones, and each tool of them alone.
# Usage: ./seed.sh [DIR]   DIR holds `*.tools.json`; default: ../../shared/schemas. Needs jq.
set -eu
cd "$(dirname "$0")"
catalogs=${1:-../../shared/schemas}
corpus=corpus/schema_to_wit
mkdir -p "$corpus"
for catalog in "$catalogs"/*.tools.json; do
    server=$(basename "$catalog" .tools.json)
    jq -c '(.tools // .result.tools // .)[] | [.]' "$catalog" | split -l 1 -a 4 - "$corpus/$server-"
done
for case in ../codegen/tests/cases/*/*.json; do
    cp "$case" "$corpus/case-$(basename "$(dirname "$case")")"
done
echo "$(find "$corpus" -type f | wc -l) inputs in $corpus"
