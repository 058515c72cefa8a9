// The whole page's JavaScript and CSS, as a browser gets it. Fails above 60 kB of gzip.
import { readFile, readdir } from "node:fs/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMIT = 60_000;
const dist = new URL("../dist/", import.meta.url);

let gzip = 0;
let brotli = 0;
for (const name of (await readdir(dist, { recursive: true })).sort()) {
    if (!/\.(js|css)$/.test(name)) continue;
    const content = await readFile(new URL(name, dist));
    const packed = gzipSync(content, { level: 9 }).length;
    gzip += packed;
    brotli += brotliCompressSync(content).length;
    console.log(`${String(packed).padStart(7)}  ${name}`);
}
console.log(`${String(gzip).padStart(7)}  bytes of JavaScript and CSS as gzip (limit ${LIMIT})`);
console.log(`${String(brotli).padStart(7)}  as brotli`);
if (gzip === 0) throw new Error("dist holds no JavaScript: run `npm run build` first");
if (gzip > LIMIT) throw new Error(`the page is ${gzip - LIMIT} bytes too big`);
