import { Hono } from "hono";
import type { OpenApiDocument } from "./openapi_document.ts";

/**
 * Options of {@linkcode reference}.
 *
 * @example
 * ```ts
 * import { openapi, reference } from "@shizuku/shizuku/hono/openapi";
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
 * import { openapi, reference } from "@shizuku/shizuku/hono/openapi";
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
  const write = async (shown: OpenApiDocument) => {
    if (scriptUrl === undefined) {
      const { referencePage } = await import("./_reference_page.ts");
      return referencePage(shown, { documentUrl, styleUrl });
    }
    const { scriptPage } = await import("./_script_page.ts");
    return scriptPage(String(shown.info["title"]), { url: documentUrl, scriptUrl, integrity });
  };
  return new Hono()
    .get(documentPath, (c) => c.json(current()))
    .get(`${path}.css`, async (c) => {
      const { REFERENCE_STYLE } = await import("./_reference_page.ts");
      return c.body(REFERENCE_STYLE, 200, { "Content-Type": "text/css" });
    })
    .get(path, async (c) => c.html(await write(current())));
}
