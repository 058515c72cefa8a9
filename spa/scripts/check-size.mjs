// The JavaScript and CSS of the page, as a browser gets them: what the first view loads, and the
// rest, which comes when it is opened. Fails above a limit of gzip for either.
import { readFile, readdir } from "node:fs/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMITS = { first: 60_000, later: 40_000 };
const dist = new URL("../dist/", import.meta.url);

/** What index.html names, and what is imported from there on without waiting for anybody. */
const first = new Set();
const queue = [...(await text("index.html")).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(
    ([, name]) => name,
);
for (const name of queue) {
    if (first.has(name)) continue;
    first.add(name);
    if (!name.endsWith(".js")) continue;
    for (const [, to] of (await text(name)).matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+)["']/g))
        queue.push(`assets/${to}`);
}

const sums = { first: 0, later: 0 };
let brotli = 0;
for (const name of (await readdir(dist, { recursive: true })).sort()) {
    if (!/\.(js|css)$/.test(name)) continue;
    const content = await readFile(new URL(name, dist));
    const packed = gzipSync(content, { level: 9 }).length;
    const when = first.has(name) ? "first" : "later";
    sums[when] += packed;
    if (when === "first") brotli += brotliCompressSync(content).length;
    console.log(`${String(packed).padStart(7)}  ${when}  ${name}`);
}
for (const [when, limit] of Object.entries(LIMITS))
    console.log(`${String(sums[when]).padStart(7)}  ${when}: bytes as gzip (limit ${limit})`);
console.log(`${String(brotli).padStart(7)}  first: as brotli`);
if (sums.first === 0) throw new Error("dist holds no JavaScript: run `npm run build` first");
for (const [when, limit] of Object.entries(LIMITS))
    if (sums[when] > limit) throw new Error(`${when}: ${sums[when] - limit} bytes too much`);

function text(name) {
    return readFile(new URL(name, dist), "utf8");
}
