"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const { list_issues } = require("mcp:github");
exports.default = async () => list_issues({ owner: "o" });
