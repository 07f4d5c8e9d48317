import { Hono } from "hono";
import type { OpenApiDocument } from "./openapi.ts";

/** Options of {@linkcode reference}. */
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
   * Address of the script that shows the document: Scalar's, or one that reads `data-url` of the
   * element `api-reference` as it does. Set it to serve the script yourself.
   * @default {"https://cdn.jsdelivr.net/npm/@scalar/api-reference"}
   */
  readonly scriptUrl?: string;
  /** Digest that the script must have, such as `sha384-...`. By default it is not checked. */
  readonly integrity?: string;
}

/**
 * Makes a Hono sub-app that serves an OpenAPI document, and a page for people that shows it.
 *
 * @param document The document, or a function that gives it at each request.
 * @returns To be mounted by `app.route(basePath, ...)`.
 * @example
 * ```ts
 * import { openapi, reference } from "@shizuku/shizuku/hono";
 *
 * const app = reference(openapi([], { title: "Tickets" }), { scriptUrl: "/static/reference.js" });
 * console.log((await app.request("/openapi.json")).status); // 200
 * ```
 */
export function reference(
  document: OpenApiDocument | (() => OpenApiDocument),
  options: ReferenceOptions = {},
): Hono {
  const {
    path = "/reference",
    documentPath = "/openapi.json",
    scriptUrl = "https://cdn.jsdelivr.net/npm/@scalar/api-reference",
    integrity,
  } = options;
  const current = typeof document === "function" ? document : () => document;
  const url = "../".repeat(path.split("/").length - 2) + documentPath.replace(/^\//, "");
  return new Hono()
    .get(documentPath, (c) => c.json(current()))
    .get(path, (c) => c.html(page(String(current().info["title"]), { url, scriptUrl, integrity })));
}

interface PageParts {
  url: string;
  scriptUrl: string;
  integrity: string | undefined;
}

function page(title: string, { url, scriptUrl, integrity }: PageParts): string {
  const check = integrity === undefined
    ? ""
    : ` integrity="${escape(integrity)}" crossorigin="anonymous"`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
  </head>
  <body>
    <script id="api-reference" data-url="${escape(url)}"></script>
    <script src="${escape(scriptUrl)}"${check}></script>
  </body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}
