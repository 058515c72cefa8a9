import type { Plugin } from "vite";

const EVERY_MS = 500;

/**
 * With EXIT_WITH_PARENT the server ends once whoever started it is gone: a killed parent can clean
 * up nothing, and a left-over server would keep the port. "1" means the process's own parent; a
 * greater number is the process to watch, for whoever starts the server through npm.
 */
export function exitWithParent(asked = process.env["EXIT_WITH_PARENT"] ?? ""): Plugin {
  const watch = () => {
    const isGone = goneTest(Number(asked));
    if (!isGone) return;
    setInterval(() => {
      if (isGone()) process.exit(0);
    }, EVERY_MS).unref();
  };
  return {
    name: "holdings-exit-with-parent",
    configureServer: watch,
    configurePreviewServer: watch,
  };
}

function goneTest(watched: number): (() => boolean) | null {
  if (!Number.isInteger(watched) || watched < 1) return null;
  const startedBy = process.ppid;
  return watched === 1 ? () => process.ppid !== startedBy : () => !isAlive(watched);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
