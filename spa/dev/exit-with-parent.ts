import type { Plugin } from "vite";

const EVERY_MS = 500;

/**
 * With EXIT_WITH_PARENT=1 the server ends once whoever started it is gone: a killed parent can
 * clean up nothing, and a left-over server would keep the port.
 */
export function exitWithParent(asked = process.env["EXIT_WITH_PARENT"] === "1"): Plugin {
  const watch = () => {
    if (!asked) return;
    const startedBy = process.ppid;
    setInterval(() => {
      if (process.ppid !== startedBy) process.exit(0);
    }, EVERY_MS).unref();
  };
  return {
    name: "holdings-exit-with-parent",
    configureServer: watch,
    configurePreviewServer: watch,
  };
}
