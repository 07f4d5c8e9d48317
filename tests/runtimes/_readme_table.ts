/** The table of the README that says what runs where. */

/** How the cases went on one runtime: for each case, over which transports it works. */
export interface Column {
  readonly runtime: string;
  readonly cells: Readonly<Record<string, string>>;
}

const BEGIN = "<!-- what runs where: written by `deno task runtimes` -->";
const END = "<!-- end of what runs where -->";

/** Puts the table into the README's text. */
export function writeTable(readme: string, names: readonly string[], columns: Column[]): string {
  const [before, , after] = split(readme);
  const rows = [
    ["", ...columns.map(({ runtime }) => runtime)],
    ["---", ...columns.map(() => "---")],
    ...names.map((name) => [name, ...columns.map(({ cells }) => cells[name] ?? "no")]),
  ];
  const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

/** Reads what the README says of one runtime. */
export function readColumn(readme: string, runtime: string): Column {
  const [, table] = split(readme);
  const rows = table.trim().split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  const [head = [], , ...body] = rows;
  const at = head.indexOf(runtime);
  if (at < 0) throw new Error(`Cannot find ${runtime} in the table of the README`);
  return { runtime, cells: Object.fromEntries(body.map((row) => [row[0]!, row[at]!])) };
}

function split(readme: string): [before: string, table: string, after: string] {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`Cannot find ${BEGIN} ... ${END} in the README`);
  return [
    readme.slice(0, begin),
    readme.slice(begin + BEGIN.length, end),
    readme.slice(end + END.length),
  ];
}
