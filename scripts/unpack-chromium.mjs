// unpack-chromium.mjs ARCHIVE FOLDER: make a Chromium that runs of npm's package of one for Lambda,
// which brings the libraries and fonts that a bare system lacks. The program is FOLDER/chromium.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const [archive, into] = process.argv.slice(2).map((path) => resolve(path));
// Of @sparticuz/chromium 153.0.0, as the registry has it.
const SHA512 =
  "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==";

if (createHash("sha512").update(readFileSync(archive)).digest("base64") !== SHA512) {
  console.error(`${archive} is not the package that was asked for`);
  process.exit(1);
}
mkdirSync(into, { recursive: true });
const untar = (file, folder) => execFileSync("tar", ["-xf", file, "-C", folder]);
untar(archive, into);
const unpacked = (name) => brotliDecompressSync(readFileSync(join(into, "package", "bin", name)));
writeFileSync(join(into, "headless_shell"), unpacked("chromium.br"), { mode: 0o755 });
for (const name of ["al2023.tar", "fonts.tar", "swiftshader.tar"]) {
  writeFileSync(join(into, name), unpacked(`${name}.br`));
  untar(join(into, name), into);
  rmSync(join(into, name));
}
rmSync(join(into, "package"), { recursive: true });
// The configuration that comes with the fonts names folders of Lambda's.
writeFileSync(
  join(into, "fonts.conf"),
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(into, "fonts")}</dir><cachedir>${join(into, "font-cache")}</cachedir></fontconfig>
`,
);
writeFileSync(
  join(into, "chromium"),
  `#!/bin/sh
# Its own libraries, and its own fonts where the system knows of none.
export LD_LIBRARY_PATH="${join(into, "lib")}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="${join(into, "fonts.conf")}"
exec "${join(into, "headless_shell")}" "$@"
`,
  { mode: 0o755 },
);
