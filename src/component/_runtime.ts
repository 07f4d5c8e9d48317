/** What runtimes tell of themselves. */
interface Runtimes {
  readonly Deno?: {
    readonly version?: { readonly deno?: string };
    readonly permissions?: { querySync(wanted: object): { readonly state: string } };
    hostname?(): string;
  };
  readonly Bun?: { readonly version?: string };
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: string): { hostname?(): string } | undefined;
  };
}

/** The runtime and its version: `Deno 2.9.6`. */
export function runtimeName(runtimes: object = globalThis): string {
  const { Deno, Bun, process, navigator } = runtimes as Runtimes;
  if (Deno?.version?.deno !== undefined) return `Deno ${Deno.version.deno}`;
  if (Bun?.version !== undefined) return `Bun ${Bun.version}`;
  if (process?.versions?.node !== undefined) return `Node ${process.versions.node}`;
  return navigator?.userAgent ?? "unknown";
}

/** Name of the machine or container, where the runtime tells it without asking the user. */
export function hostName(runtimes: object = globalThis): string | undefined {
  const { Deno, process } = runtimes as Runtimes;
  try {
    if (Deno !== undefined) {
      const { state } = Deno.permissions!.querySync({ name: "sys", kind: "hostname" });
      return state === "granted" ? Deno.hostname!() : undefined;
    }
    return process?.getBuiltinModule?.("os")?.hostname?.() ?? process?.env?.["HOSTNAME"];
  } catch {
    // A name is all that is missing then.
    return undefined;
  }
}
