/**
 * Builds the site of the documentation in `.build/site`: the guides by VitePress, with a search, and
 * the reference of the API by `deno doc` beside them. A link that leads nowhere fails it.
 *
 * `docs_site.ts [--base=/path/] [--preview]`: the path under which the site will be served, and
 * whether to serve it on this machine when it is built.
 *
 * @module
 */
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { copyProject } from "./_copy.ts";
import { filesBelow } from "./_files.ts";
import { type DeadLink, deadLinks } from "./_links.ts";
import { installPinned } from "./_pinned_packages.ts";
import { DENO, mustRun, ROOT, run } from "./_run.ts";
import { headingOf, siteConfig, siteSections } from "./_site.ts";

const SOURCE = `${ROOT}/.build/site-source`;
const SITE = `${ROOT}/.build/site`;
const TIMEOUT_MS = 300_000;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { base: { type: "string", default: "/" }, preview: { type: "boolean" } },
  });
  const tools = await installPinned("tools/site/package.json");
  console.log("Building the guides ...");
  await writeSources(values.base);
  await Deno.symlink(`${tools}/node_modules`, `${SOURCE}/node_modules`);
  const vitepress = `${tools}/node_modules/.bin/vitepress`;
  await mustRun([vitepress, "build", SOURCE, "--outDir", SITE], { timeoutMs: TIMEOUT_MS });
  console.log("Building the reference ...");
  await buildReference();
  const dead = (await deadLinks(SITE, values.base)).filter((link) => !isOfDenoDoc(link));
  for (const { page, link } of dead) console.error(`${page} links to ${link}, which is not there`);
  if (dead.length > 0) return 1;
  console.log(`The site is in ${SITE.slice(ROOT.length + 1)}`);
  if (!values.preview) return 0;
  return (await run([vitepress, "preview", SOURCE, "--outDir", SITE])).code;
}

/** Lays out what VitePress reads: the Markdown files, their pictures, its settings. */
async function writeSources(base: string): Promise<void> {
  await Deno.remove(SOURCE, { recursive: true }).catch(() => undefined);
  const readmes = (await filesBelow(["examples"])).filter((file) => file.endsWith("/README.md"));
  const guides = (await filesBelow(["docs"])).filter((file) => file.endsWith(".md"));
  const results = (await filesBelow(["bench/results"])).filter((file) => file.endsWith(".md"));
  const pages = ["README.md", "CHANGELOG.md", ...guides, ...readmes, ...results];
  const pictures = (await filesBelow(["bench", "docs", "examples"]))
    .filter((file) => /\.(svg|png|webp)$/.test(file));
  const texts = new Map<string, string>();
  for (const file of pages) texts.set(file, await Deno.readTextFile(`${ROOT}/${file}`));
  for (const file of [...pages, ...pictures]) {
    await Deno.mkdir(dirname(`${SOURCE}/${file}`), { recursive: true });
    await Deno.copyFile(`${ROOT}/${file}`, `${SOURCE}/${file}`);
  }
  const sections = siteSections(pages, (file) => headingOf(texts.get(file)!, file));
  const entries = (await entryPoints()).map(([name]) => name);
  const config = siteConfig({ sections, files: pages, entries, base });
  await Deno.mkdir(`${SOURCE}/.vitepress`, { recursive: true });
  await Deno.writeTextFile(
    `${SOURCE}/.vitepress/config.mjs`,
    `export default ${JSON.stringify(config, undefined, 2)};\n`,
  );
}

/** `deno doc` links to type parameters of mapped types and of functions, which it does not list. */
function isOfDenoDoc({ page, link }: DeadLink): boolean {
  return page.startsWith("api/") && link.startsWith("#type_param_");
}

/** Writes the reference of all entry points. */
async function buildReference(): Promise<void> {
  await using copy = await copyProject();
  const files = (await entryPoints()).map(([, file]) => file);
  const output = ["--html", "--name=Shizuku", `--output=${SITE}/api`];
  await mustRun([DENO, "doc", ...output, ...files], {
    cwd: copy.folder,
    timeoutMs: TIMEOUT_MS,
  });
}

/** Names and files of the entry points that people read about; generated code is not among them. */
async function entryPoints(): Promise<[string, string][]> {
  const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)) as {
    exports: Record<string, string>;
  };
  return Object.entries(exports).filter(([, file]) => !file.includes("/gen/"));
}

Deno.exitCode = await main(Deno.args);
