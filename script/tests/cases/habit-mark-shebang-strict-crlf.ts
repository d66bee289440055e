#!/usr/bin/env -S npx tsx
"use strict";
// Zählt.
import { list_issues } from "mcp:github";

const issues = await list_issues({ owner: "o", repo: "r" });
return issues.length;
