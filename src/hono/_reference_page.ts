import { escapeHtml } from "./_html.ts";
import type { JsonSchema, OpenApiDocument } from "./openapi_document.ts";

/** What the page refers to. */
export interface ReferenceLinks {
  /** Address of the document. */
  readonly documentUrl: string;
  /** Address of the style sheet. */
  readonly styleUrl: string;
}

/** The parts of an operation that are shown. */
interface Operation {
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly operationId: string;
  readonly parameters?: readonly JsonSchema[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** Writes an OpenAPI document as a page that needs no script. Pure. */
export function referencePage(document: OpenApiDocument, links: ReferenceLinks): string {
  const { title, version, description } = document.info as Readonly<Record<string, string>>;
  const tags = document.tags.map(({ name, description }) =>
    section(String(name), [paragraph(description), ...operationsOf(document, String(name))])
  );
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    disclosure(name, `<code>${escapeHtml(name)}</code>`, [
      paragraph(schema["description"]),
      fields(schema),
    ])
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title!)}</title>
    <link rel="stylesheet" href="${escapeHtml(links.styleUrl)}">
  </head>
  <body>
    <header>
      <h1>${escapeHtml(title!)} <small>${escapeHtml(version!)}</small></h1>
      ${paragraph(description)}
      <p><a href="${escapeHtml(links.documentUrl)}">OpenAPI document</a></p>
    </header>
    <main>
${[...tags, section("Messages", schemas)].join("\n")}
    </main>
  </body>
</html>
`;
}

function section(title: string, parts: readonly string[]): string {
  return `<section><h2>${escapeHtml(title)}</h2>${parts.join("\n")}</section>`;
}

function operationsOf({ paths }: OpenApiDocument, tag: string): string[] {
  return Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).flatMap(([verb, operation]) => {
      const shown = operation as unknown as Operation;
      return shown.tags?.includes(tag) ? [operationOf(verb, path, shown)] : [];
    })
  );
}

function operationOf(verb: string, path: string, operation: Operation): string {
  const { operationId, description, deprecated, parameters = [], requestBody } = operation;
  const rows = parameters.map(({ name, in: place, schema, required, description }) =>
    row(String(name), `${place}${required ? ", required" : ""}`, schema as JsonSchema, description)
  );
  const answers = Object.entries(operation.responses).map(([status, { content }]) =>
    `<p>${status === "default" ? "Error" : escapeHtml(status)}: ${bodyOf(content)}</p>`
  );
  const label = `<b class="${escapeHtml(verb)}">${escapeHtml(verb.toUpperCase())}</b> <code>${
    escapeHtml(path)
  }</code>${deprecated ? " <i>deprecated</i>" : ""}`;
  const request = requestBody ? `<p>Request: ${bodyOf(requestBody.content)}</p>` : "";
  return disclosure(operationId, label, [paragraph(description), table(rows), request, ...answers]);
}

/** The name is within what is disclosed, so that a link to it opens it. */
function disclosure(name: string, label: string, parts: readonly string[]): string {
  const body = `<div id="${idOf(name)}">${parts.join("")}</div>`;
  return `<details><summary>${label}</summary>${body}</details>`;
}

function bodyOf(content: Content | undefined): string {
  const [first] = Object.values(content ?? {});
  const types = Object.keys(content ?? {}).map((type) => `<code>${escapeHtml(type)}</code>`);
  return first === undefined ? "nothing" : `${typeOf(first.schema)} as ${types.join(" or ")}`;
}

function fields({ properties = {}, enum: values }: JsonSchema): string {
  if (Array.isArray(values)) {
    return `<p>${values.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(" ")}</p>`;
  }
  return table(
    Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(([name, schema]) =>
      row(name, schema["deprecated"] ? "deprecated" : "", schema, schema["description"])
    ),
  );
}

function table(rows: readonly string[]): string {
  return rows.length === 0 ? "" : `<table>${rows.join("")}</table>`;
}

function row(name: string, about: string, schema: JsonSchema, description: unknown): string {
  return `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(about)}</td><td>${
    typeOf(schema)
  }</td><td>${paragraph(description)}</td></tr>`;
}

/** A schema in a few words, with links to those that have a name. */
function typeOf(schema: JsonSchema): string {
  const { $ref: ref, type, format, items, additionalProperties: values, anyOf } = schema;
  if (typeof ref === "string") {
    const name = ref.split("/").at(-1)!;
    return `<a href="#${idOf(name)}">${escapeHtml(name)}</a>`;
  }
  if (type === "array") return `list of ${typeOf(items as JsonSchema)}`;
  if (type === "object" && typeof values === "object") {
    return `map of ${typeOf(values as JsonSchema)}`;
  }
  if (Array.isArray(anyOf)) return anyOf.map(typeOf).join(" or ");
  if (Array.isArray(schema["enum"])) return escapeHtml(schema["enum"].join(", "));
  return escapeHtml([type ?? "anything", format].filter(Boolean).join(", "));
}

function paragraph(text: unknown): string {
  return text === undefined ? "" : `<p>${escapeHtml(String(text))}</p>`;
}

function idOf(name: string): string {
  return escapeHtml(encodeURIComponent(name));
}

/** How the page looks; its colours follow the system's. */
export const REFERENCE_STYLE =
  `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 small { font-weight: normal; opacity: .6 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886 }
code { font: 13px ui-monospace, monospace }
details { border-bottom: 1px solid #8883; padding: .4rem 0 }
details[open] { padding-bottom: 1rem }
details :target { background: #fc02 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem; font: 600 12px ui-monospace, monospace }
.get { color: #08c } .post { color: #183 } .delete { color: #c33 } .patch, .put { color: #a60 }
p { margin: .4rem 0; white-space: pre-line }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
td { padding: .2rem .8rem .2rem 0; vertical-align: top; border-top: 1px solid #8883 }
td p { margin: 0 }
`;
