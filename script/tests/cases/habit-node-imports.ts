import fs from "node:fs/promises";
import axios from "axios";
import path from 'path';
import { helper } from "./helper";
import x from "https://esm.sh/x";
import { Client } from "@modelcontextprotocol/sdk/client";
import { get_me } from "github";
export default await fs.readFile("a");
