// Writes src/api/contract.gen.ts from docs/openapi.json, so that a change of the API's contract
// breaks the page's build instead of the page.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../docs/openapi.json", import.meta.url);
const target = new URL("../src/api/contract.gen.ts", import.meta.url);

const contract = JSON.parse(await readFile(source, "utf8"));
const header = "// Made from docs/openapi.json by scripts/write-contract.mjs.\n\n";
const text = header + astToString(await openapiTS(contract, { alphabetize: true }));
const before = await readFile(target, "utf8").catch(() => "");
if (before !== text) await writeFile(target, text);
