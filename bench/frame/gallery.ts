import type { Bench } from "./benches.ts";

const [BEGIN, END] = ["<!-- results: written by `deno task bench` -->", "<!-- end of results -->"];

/**
 * Puts the charts that there are into a document, between two marks.
 *
 * @param text The document.
 * @param files Names of the files in `bench/results`.
 * @param folder Path from the document to `bench/results`.
 * @throws {Error} If the document has no marks.
 */
export function withCharts(
  text: string,
  benches: readonly Bench[],
  files: readonly string[],
  { folder, isWhole }: { folder: string; isWhole: boolean },
): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start === -1 || end < start) throw new Error(`Cannot find "${BEGIN}" and "${END}"`);
  const shown = isWhole ? benches : benches.filter(({ isInReadme }) => isInReadme);
  const parts = shown.flatMap((bench) =>
    isWhole ? sectionOf(bench, files, folder) : chartsOf(bench, files, folder).slice(0, 1)
  );
  return [text.slice(0, start) + BEGIN, ...parts, text.slice(end)].join("\n\n");
}

function sectionOf(bench: Bench, files: readonly string[], folder: string): string[] {
  if (!files.includes(`${bench.name}.md`)) return [];
  const link = `All figures: [${bench.name}](${folder}/${bench.name}.md)`;
  return [`### ${bench.title}`, ...chartsOf(bench, files, folder), link];
}

function chartsOf({ name, charts }: Bench, files: readonly string[], folder: string): string[] {
  return Object.entries(charts).flatMap(([suffix, { title }]) => {
    const file = `${name}${suffix}.svg`;
    return files.includes(file) ? [`![${title}](${folder}/${file})`] : [];
  });
}
