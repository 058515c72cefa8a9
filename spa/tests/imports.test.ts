import { readFileSync, readdirSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const SRC = resolve("src");

/** By file, the files of ours that it imports, types included. */
const IMPORTS = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const file = resolve(SRC, name);
      const found = readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g);
      const targets = [...found].map(([, to = ""]) => relative(SRC, resolve(dirname(file), to)));
      return [name, targets] as const;
    }),
);

function circle(from: string, path: string[] = []): string[] | null {
  if (path.includes(from)) return [...path.slice(path.indexOf(from)), from];
  for (const to of IMPORTS.get(from) ?? []) {
    const found = circle(to, [...path, from]);
    if (found) return found;
  }
  return null;
}

/** A folder, and those that it may not know. */
const BELOW = [
  ["api/", /^(auth|reading|shell|views)\//],
  ["auth/", /^(api|reading|shell|views)\//],
  ["reading/", /^(shell|views)\//],
  ["views/", /^(shell\/app|main)/],
] as const;

it("finds the imports at all", () => {
  expect(IMPORTS.get("main.tsx")).toContain("shell/app.tsx");
});

it("imports nothing in a circle", () => {
  expect([...IMPORTS.keys()].map((file) => circle(file)).filter(Boolean)).toEqual([]);
});

it.each(BELOW)("imports in %s nothing of what stands on it", (folder, above) => {
  const files = [...IMPORTS.keys()].filter((file) => file.startsWith(folder));
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap((file) => IMPORTS.get(file) ?? []).filter((to) => above.test(to))).toEqual(
    [],
  );
});

it("lets no view know another", () => {
  const views = [...IMPORTS].filter(([file]) => file.startsWith("views/"));
  const strangers = views.flatMap(([file, targets]) => {
    const own = file.split("/").slice(0, 2).join("/");
    return targets.filter((to) => to.startsWith("views/") && !to.startsWith(`${own}/`));
  });
  expect(strangers).toEqual([]);
});
