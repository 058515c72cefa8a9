import { readFile } from "node:fs/promises";
import type { Connect, Plugin } from "vite";

/**
 * Serves /config.json from the file that HOLDINGS_WEB_CONFIG names, as the cloud's bucket does.
 * Read on every request: a new stack has new addresses, and the server need not start again.
 */
export function pageConfig(file = process.env["HOLDINGS_WEB_CONFIG"]): Plugin {
  const answer: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url?.split("?")[0] !== "/config.json") {
      next();
      return;
    }
    response.setHeader("Content-Type", "application/json");
    response.setHeader("Cache-Control", "no-cache");
    readFile(file ?? "").then(
      (content) => response.end(content),
      () => {
        response.statusCode = 404;
        response.end("{}");
      },
    );
  };
  return {
    name: "holdings-page-config",
    configureServer(server) {
      server.middlewares.use(answer);
    },
    configurePreviewServer(server) {
      server.middlewares.use(answer);
    },
  };
}
