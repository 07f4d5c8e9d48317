/** One import or re-export of a module. */
export interface Import {
  /** What is imported, such as `../core/mod.ts` or `node:net`. */
  specifier: string;
  /** Whether it is gone when the types are stripped (`import type`, `export type`). */
  typeOnly: boolean;
  /** Line on which it starts, from 1. */
  line: number;
}

// Statements start at the first column, as `deno fmt` puts them; so the examples in comments,
// which start with ` * `, are none.
const NAMES = /(?:[\w$]+\s*,\s*)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\}|[\w$]+)/.source;
const FROM = new RegExp(
  `^(?:import|export)\\s+(type\\s+)?${NAMES}\\s*from\\s*["']([^"']+)["']`,
  "gm",
);
const BARE = /^import\s*["']([^"']+)["']/gm;
const CALL = /(typeof\s+)?\bimport\(\s*["'`]([^"'`]+)["'`]\s*\)(\s*\.\s*[A-Z])?/g;
const COMMENT = /^\s*(?:\*|\/\/|\/\*)/;

/** Lists the imports of a module, dynamic ones included. */
export function scanImports(source: string): Import[] {
  const found: Import[] = [];
  const add = (index: number, specifier = "", typeOnly = false) => {
    found.push({ specifier, typeOnly, line: source.slice(0, index).split("\n").length });
  };
  for (const { index, 1: type, 2: specifier } of source.matchAll(FROM)) {
    add(index, specifier, type !== undefined);
  }
  for (const { index, 1: specifier } of source.matchAll(BARE)) add(index, specifier);
  for (const { index, 1: type, 2: specifier, 3: member } of source.matchAll(CALL)) {
    const line = source.slice(source.lastIndexOf("\n", index) + 1, index);
    if (!COMMENT.test(line)) add(index, specifier, type !== undefined || member !== undefined);
  }
  return found.sort((left, right) => left.line - right.line);
}
