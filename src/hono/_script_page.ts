import { escapeHtml } from "./_html.ts";

/** Where a page gets what it shows, and the script that shows it. */
export interface ScriptPageLinks {
  /** The OpenAPI document. */
  readonly url: string;
  /** The script. */
  readonly scriptUrl: string;
  /** Digest that the script must have. */
  readonly integrity: string | undefined;
}

/** A page that leaves all to a script. */
export function scriptPage(title: string, { url, scriptUrl, integrity }: ScriptPageLinks): string {
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
