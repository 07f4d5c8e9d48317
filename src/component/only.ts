import type { AnyComponent } from "./component.ts";

/** What of an application runs in a process, and what is set up for it. */
export interface Selection {
  /** Components that run here. */
  readonly running: ReadonlySet<AnyComponent>;
  /** Those, and the ones that they use, in the order in which they are set up. */
  readonly setUp: readonly AnyComponent[];
}

/**
 * Picks the components of a process, and what they use.
 *
 * @param ordered All components, what is used before what uses it.
 * @throws {TypeError} If a name is unknown.
 */
export function selectComponents(
  ordered: readonly AnyComponent[],
  only: readonly string[] | undefined,
): Selection {
  if (only === undefined) return { running: new Set(ordered), setUp: ordered };
  const names = ordered.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0 || only.length === 0) {
    throw new TypeError(
      `Cannot start as only must name some of the components ${names.join(", ")}: ` +
        `current value is ${only.join(", ") || "none"}`,
    );
  }
  const running = new Set(ordered.filter(({ name }) => only.includes(name)));
  const needed = new Set<AnyComponent>();
  const add = (component: AnyComponent) => {
    needed.add(component);
    for (const used of Object.values(component.uses)) add(used);
  };
  for (const component of running) add(component);
  return { running, setUp: ordered.filter((component) => needed.has(component)) };
}

/** What runtimes have for the environment of a process. */
interface Environments {
  readonly Deno?: { readonly env: { get(name: string): string | undefined } };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * Reads from an environment variable which components run in this process, for the option `only` of
 * `createApp()`: `ticket,notify`. Where it is not set or empty, all do.
 *
 * @param variable Its name.
 * @example
 * ```ts ignore
 * const app = createApp({ nc, components: [user, ticket, notify], only: onlyFromEnv() });
 * ```
 */
export function onlyFromEnv(variable: string = "SHIZUKU_COMPONENTS"): string[] | undefined {
  const { Deno, process } = globalThis as Environments;
  const text = Deno === undefined ? process?.env?.[variable] : Deno.env.get(variable);
  const names = (text ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  return names.length === 0 ? undefined : names;
}
