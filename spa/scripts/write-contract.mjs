// Writes src/api/contract.gen.ts from docs/openapi.json, so that a change of the API's contract
// breaks the page's build instead of the page.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../docs/openapi.json", import.meta.url);
const target = new URL("../src/api/contract.gen.ts", import.meta.url);

const contract = JSON.parse(await readFile(source, "utf8"));

// The document names a problem's codes in the descriptions of the answers: "`code`: title; ...".
const codes = new Set();
for (const path of Object.values(contract.paths)) {
    for (const operation of Object.values(path)) {
        for (const answer of Object.values(operation.responses ?? {})) {
            if (!answer.content?.["application/problem+json"]) continue;
            for (const [, code] of answer.description.matchAll(/`([a-z_]+)`:/g)) codes.add(code);
        }
    }
}
if (codes.size === 0) throw new Error("docs/openapi.json names no problem code any more");
contract.components.schemas.Problem.properties.code.enum ??= [...codes].sort();

const header = "// Made from docs/openapi.json by scripts/write-contract.mjs.\n\n";
const text = header + astToString(await openapiTS(contract, { alphabetize: true }));
const before = await readFile(target, "utf8").catch(() => "");
if (before !== text) await writeFile(target, text);
