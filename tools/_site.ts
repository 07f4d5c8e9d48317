import { dirname } from "node:path";

/** A page of the site: a Markdown file of the project. */
export interface SitePage {
  /** Its path from the project's folder. */
  readonly file: string;
  /** What the sidebar calls it. */
  readonly title: string;
}

/** Pages under one heading of the sidebar. */
export interface SiteSection {
  readonly title: string;
  readonly pages: readonly SitePage[];
}

/** Guides in the order in which they are best read; those that are not named here come after. */
const ORDER = [
  "components",
  "services",
  "events",
  "kv",
  "locks",
  "http",
  "core",
  "testing",
  "security",
  "benchmarks",
  "architecture",
];

/**
 * Puts the project's Markdown files into sections.
 *
 * @param files Paths from the project's folder.
 * @param titleOf Gives the first heading of a file.
 */
export function siteSections(
  files: readonly string[],
  titleOf: (file: string) => string,
): SiteSection[] {
  const page = (file: string): SitePage => ({ file, title: titleOf(file) });
  const guides = files.filter((file) => dirname(file) === "docs").toSorted(byOrder);
  const examples = files.filter((file) => /^examples\/[^/]+\/README\.md$/.test(file)).toSorted();
  return [
    { title: "Start", pages: [{ file: "README.md", title: "Shizuku in five minutes" }] },
    { title: "Guides", pages: guides.map(page) },
    { title: "Examples", pages: examples.map(page) },
    { title: "Project", pages: [page("CHANGELOG.md")] },
  ];
}

function byOrder(left: string, right: string): number {
  return rank(left) - rank(right) || left.localeCompare(right);
}

function rank(file: string): number {
  const index = ORDER.indexOf(file.replace(/^docs\/|\.md$/g, ""));
  return index < 0 ? ORDER.length : index;
}

/** Path of a page on the site, without its ending: `docs/kv`, `examples/flights`, `index`. */
export function sitePath(file: string): string {
  if (file === "README.md") return "index";
  return file.replace(/\/README\.md$|\.md$/, "");
}

/** The first heading of a Markdown file. */
export function headingOf(markdown: string, file: string): string {
  const heading = markdown.match(/^# (.+)$/m)?.[1];
  if (heading === undefined) throw new Error(`Cannot name the page of ${file}: it has no heading`);
  return heading.replaceAll("`", "");
}

/** What the settings are made from. */
export interface SiteContents {
  readonly sections: readonly SiteSection[];
  /** All Markdown files, also those that no section lists. */
  readonly files: readonly string[];
  /** Entry points of the package, such as `./kv`. */
  readonly entries: readonly string[];
  /** The path under which the site is served. */
  readonly base: string;
}

/** Settings of VitePress; plain data, so that it can be written as JSON. */
export function siteConfig({ sections, files, entries, base }: SiteContents): object {
  return {
    base,
    title: "Shizuku",
    description: "Components over NATS, for Deno, Bun, Node and the edge",
    cleanUrls: false,
    ignoreDeadLinks: "localhostLinks",
    rewrites: Object.fromEntries(files.map((file) => [file, `${sitePath(file)}.md`])),
    themeConfig: {
      search: { provider: "local" },
      outline: { level: [2, 3] },
      nav: [{ text: "Reference", ...reference(base, ".") }],
      sidebar: [
        ...sections.map(({ title, pages }) => ({
          text: title,
          items: pages.map(({ file, title }) => ({
            text: title,
            link: file === "README.md" ? "/" : `/${sitePath(file)}`,
          })),
        })),
        {
          text: "Reference",
          items: entries.map((entry) => ({
            text: entry === "." ? "everything together" : entry.slice(2),
            ...reference(base, entry),
          })),
        },
      ],
    },
  };
}

/** A link out of VitePress, to the page of an entry point that `deno doc` has written. */
function reference(base: string, entry: string): { link: string; target: string } {
  const folder = entry === "." ? "" : `${entry.slice(2)}/`;
  return { link: `${base}api/${folder}index.html`, target: "_self" };
}
