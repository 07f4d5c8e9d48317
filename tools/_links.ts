import { dirname, join } from "node:path";
import { filesBelow } from "./_files.ts";

/** A link that leads to no file of the site. */
export interface DeadLink {
  readonly page: string;
  readonly link: string;
}

/**
 * Finds links between the pages of a built site that lead nowhere. Links to other sites are not
 * followed.
 *
 * @param folder The site.
 * @param base The path under which it is served.
 */
export async function deadLinks(folder: string, base: string): Promise<DeadLink[]> {
  const files = await filesBelow(["."], folder);
  const known = new Set(files.map((file) => join(file)));
  const dead: DeadLink[] = [];
  for (const page of files.filter((file) => file.endsWith(".html")).map((file) => join(file))) {
    for (const link of linksIn(await Deno.readTextFile(`${folder}/${page}`))) {
      const target = targetOf(page, link, base);
      if (!known.has(target) && !known.has(join(target, "index.html"))) dead.push({ page, link });
    }
  }
  return dead;
}

/** Links of a page to other pages, pictures and scripts of the same site. */
function linksIn(html: string): Set<string> {
  const links = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link = ""]) => plain(link));
  return new Set(links.filter((link) => link !== "" && !/^(?:[a-z]+:|\/\/|#)/i.test(link)));
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
  if (path.startsWith(base)) return join(path.slice(base.length) || ".");
  return path.startsWith("/") ? path : join(dirname(page), path);
}
