/** A module, as `deno doc --json` tells it: what it exports, with all overloads. */
export interface DocModule {
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly {
      readonly kind: string;
      readonly location: { readonly filename: string; readonly line: number };
      readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
    }[];
  }[];
}

/** A public symbol, and where it is declared. */
export interface DocSymbol {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

/**
 * Finds the public symbols without an `@example`. One is enough for all overloads.
 *
 * @param modules By address. Where one of them exports what another one does, it only refers to it.
 */
export function symbolsWithoutExample(modules: Readonly<Record<string, DocModule>>): DocSymbol[] {
  const found = new Map<string, DocSymbol>();
  for (const { symbols } of Object.values(modules)) {
    for (const { name, declarations } of symbols) {
      const own = declarations.filter(({ kind }) => kind !== "reference");
      const tags = own.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
      if (own.length === 0 || tags.some(({ kind }) => kind === "example")) continue;
      const { filename: path, line } = own[0]!.location;
      found.set(`${path}:${line}`, { name, path, line });
    }
  }
  return [...found.values()];
}
