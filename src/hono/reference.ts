import { Hono } from "hono";
import { escapeHtml } from "./_html.ts";
import { REFERENCE_STYLE, referencePage } from "./_reference_page.ts";
import type { OpenApiDocument } from "./openapi.ts";

/**
 * Options of {@linkcode reference}.
 *
 * @example
 * ```ts
 * import { openapi, reference } from "@shizuku/shizuku/hono";
 *
 * const app = reference(openapi([]), { path: "/docs", documentPath: "/docs/openapi.json" });
 * console.log((await app.request("/docs")).status); // 200
 * ```
 */
export interface ReferenceOptions {
  /**
   * Path of the page.
   * @default {"/reference"}
   */
  readonly path?: string;
  /**
   * Path of the document.
   * @default {"/openapi.json"}
   */
  readonly documentPath?: string;
  /**
   * Address of a script that shows the document in place of the page's own plain form: Scalar's, or
   * one that reads `data-url` of the element `api-reference` as it does. By default there is none, and
   * the page asks nobody else for anything.
   */
  readonly scriptUrl?: string;
  /** Digest that the script must have, such as `sha384-...`. By default it is not checked. */
  readonly integrity?: string;
}

/**
 * Makes a Hono sub-app that serves an OpenAPI document, and a page for people that shows it.
 *
 * The page has no script and its style in a file of its own (`<path>.css`), so that it works offline
 * and under the strictest `Content-Security-Policy`.
 *
 * @param document The document, or a function that gives it at each request.
 * @returns To be mounted by `app.route(basePath, ...)`.
 * @example
 * ```ts
 * import { openapi, reference } from "@shizuku/shizuku/hono";
 *
 * const app = reference(openapi([], { title: "Tickets" }));
 * console.log((await app.request("/openapi.json")).status); // 200
 * ```
 */
export function reference(
  document: OpenApiDocument | (() => OpenApiDocument),
  options: ReferenceOptions = {},
): Hono {
  const { path = "/reference", documentPath = "/openapi.json", scriptUrl, integrity } = options;
  const current = typeof document === "function" ? document : () => document;
  const documentUrl = "../".repeat(path.split("/").length - 2) + documentPath.replace(/^\//, "");
  const styleUrl = `${path.split("/").at(-1)}.css`;
  const write = (shown: OpenApiDocument) =>
    scriptUrl === undefined
      ? referencePage(shown, { documentUrl, styleUrl })
      : scriptPage(String(shown.info["title"]), { url: documentUrl, scriptUrl, integrity });
  return new Hono()
    .get(documentPath, (c) => c.json(current()))
    .get(`${path}.css`, (c) => c.body(REFERENCE_STYLE, 200, { "Content-Type": "text/css" }))
    .get(path, (c) => c.html(write(current())));
}

interface PageParts {
  url: string;
  scriptUrl: string;
  integrity: string | undefined;
}

function scriptPage(title: string, { url, scriptUrl, integrity }: PageParts): string {
  const check = integrity === undefined
    ? ""
    : ` integrity="${escapeHtml(integrity)}" crossorigin="anonymous"`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
  </head>
  <body>
    <script id="api-reference" data-url="${escapeHtml(url)}"></script>
    <script src="${escapeHtml(scriptUrl)}"${check}></script>
  </body>
</html>
`;
}
