import { dirname, join } from "node:path/posix";
import type { DeadLink } from "./_links.ts";

/**
 * Finds links of Markdown documents to files and headings of the same project that are not there.
 * Links to other sites are not followed.
 *
 * @param documents The Markdown files, by path.
 * @param files Paths of all files; a link may also lead to the folder of one.
 */
export function deadMarkdownLinks(
  documents: ReadonlyMap<string, string>,
  files: Iterable<string>,
): DeadLink[] {
  const known = new Set([...files].flatMap(withFolders));
  const anchors = new Map([...documents].map(([page, text]) => [page, anchorsOf(text)]));
  const leads = (page: string, link: string) => {
    const [path = "", anchor] = decodeURI(link).split("#");
    const target = path === "" ? page : join(dirname(page), path).replace(/\/$/, "");
    return known.has(target) && (anchor === undefined || !!anchors.get(target)?.has(anchor));
  };
  return [...documents].flatMap(([page, text]) =>
    linksOf(text).filter((link) => !leads(page, link)).map((link) => ({ page, link }))
  );
}

/** A path and the folders that it is in. */
function withFolders(path: string): string[] {
  const tokens = path.split("/");
  return tokens.map((_, index) => tokens.slice(0, index + 1).join("/"));
}

/** Links of a document within the project, as they are written. */
function linksOf(text: string): string[] {
  // What is code is no link.
  const prose = withoutFences(text).replace(/`[^`\n]+`/g, "");
  const inline = prose.matchAll(/\]\(\s*<?([^)>\s]+)/g);
  const references = prose.matchAll(/^\[[^\]]+\]:\s*<?([^>\s]+)/gm);
  return [...inline, ...references].map(([, link = ""]) => link)
    .filter((link) => !/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link));
}

/** What links may name in a document: its headings, as GitHub does, and anchors written in HTML. */
function anchorsOf(text: string): Set<string> {
  const prose = withoutFences(text);
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose.matchAll(/^#{1,6}[ \t]+(.+)$/gm)) {
    const slug = slugOf(heading);
    let unique = slug;
    for (let count = 1; anchors.has(unique); count++) unique = `${slug}-${count}`;
    anchors.add(unique);
  }
  for (const [, id = ""] of prose.matchAll(/<\w+\s[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/**
 * The anchor of a heading on GitHub: its text in lower case, without punctuation, with a `-` for each
 * space.
 *
 * @see https://github.com/Flet/github-slugger
 */
export function slugOf(heading: string): string {
  return heading.trim()
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[ \t]+#+$/, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

function withoutFences(text: string): string {
  return text.replace(/^([ \t]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm, "");
}
