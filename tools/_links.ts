import { dirname, join } from "node:path";
import { filesBelow } from "./_files.ts";

/** A link that leads to nothing. */
export interface DeadLink {
  readonly page: string;
  readonly link: string;
}

/**
 * Finds links between the pages of a built site, and to places within them, that lead nowhere. Links
 * to other sites are not followed.
 *
 * @param folder The site.
 * @param base The path under which it is served.
 */
export async function deadLinks(folder: string, base: string): Promise<DeadLink[]> {
  const files = await filesBelow(["."], folder);
  const known = new Set(files.map((file) => join(file)));
  const pages = new Map<string, Page>();
  for (const page of [...known].filter((file) => file.endsWith(".html"))) {
    pages.set(page, readPage(await Deno.readTextFile(`${folder}/${page}`)));
  }
  const leads = (page: string, link: string) => {
    const path = targetOf(page, link, base);
    const target = known.has(path) ? path : join(path, "index.html");
    const id = decodeURIComponent(link.split("#")[1] ?? "");
    return known.has(target) && (id === "" || !pages.has(target) || pages.get(target)!.ids.has(id));
  };
  return [...pages].flatMap(([page, { links }]) =>
    [...links].filter((link) => !leads(page, link)).map((link) => ({ page, link }))
  );
}

/** What a page links to, and what can be linked to in it. */
interface Page {
  readonly links: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

function readPage(html: string): Page {
  const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => plain(id));
  return { links: linksIn(html), ids: new Set(ids) };
}

/** Links of a page to pages, their parts, pictures and scripts of the same site. */
function linksIn(html: string): Set<string> {
  const links = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link = ""]) => plain(link));
  return new Set(links.filter((link) => link !== "" && !/^(?:[a-z]+:|\/\/)/i.test(link)));
}

/** The text of an attribute. */
function plain(attribute: string): string {
  return attribute
    .replace(
      /&#(?:x([0-9a-f]+)|(\d+));/gi,
      (_, hex, decimal) => String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
    )
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

function targetOf(page: string, link: string, base: string): string {
  const path = decodeURI(link.replace(/[?#].*$/, ""));
  if (path === "") return page;
  if (path.startsWith(base)) return join(path.slice(base.length) || ".");
  return path.startsWith("/") ? path : join(dirname(page), path);
}
