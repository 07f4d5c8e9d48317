import type { Connection } from "../connection/mod.ts";
import type { StreamSettings } from "../consumers/mod.ts";
import type { AnyComponent } from "./component.ts";
import type { BucketSettings } from "./component_kv.ts";
import type { Provider } from "./requirement.ts";

/**
 * A type that has all of several.
 *
 * @example
 * ```ts
 * import type { Joined } from "@shizuku/shizuku/component";
 *
 * const both: Joined<{ db: string } | { mailer: number }> = { db: "postgres", mailer: 7 };
 * ```
 */
export type Joined<Union> = (Union extends unknown ? (each: Union) => void : never) extends
  (all: infer All) => void ? { readonly [Name in keyof All]: All[Name] } : never;

/**
 * What components need of the application: all that is in their `requires`.
 *
 * @example What `provide` must have
 * ```ts
 * import { defineComponent, type NeedsOf, requirement } from "@shizuku/shizuku/component";
 *
 * const notify = defineComponent({
 *   name: "notify",
 *   version: "1.0.0",
 *   requires: { sender: requirement<string>("address that mail comes from") },
 *   setup: ({ provided }) => ({ shared: provided.sender }),
 * });
 * const provide: NeedsOf<[typeof notify]> = { sender: "desk@example.com" };
 * ```
 */
export type NeedsOf<C extends readonly AnyComponent[]> = Joined<
  C[number] extends infer Each
    ? Each extends { readonly types?: { readonly needs: infer Needs } } ? Needs
    : never
    : never
>;

/**
 * Settings that components have, by the component's name.
 *
 * @example
 * ```ts
 * import { defineComponent, type SettingsOf } from "@shizuku/shizuku/component";
 *
 * const notify = defineComponent({
 *   name: "notify",
 *   version: "1.0.0",
 *   config: { sender: "desk@example.com", perMinute: 60 },
 *   setup: ({ config }) => ({ shared: config.sender }),
 * });
 * const settings: SettingsOf<[typeof notify]> = { notify: { perMinute: 10 } };
 * ```
 */
export type SettingsOf<C extends readonly AnyComponent[]> = {
  readonly [
    Each in C[number] as Each extends { readonly types?: { readonly config: infer Config } }
      ? Config extends undefined ? never : unknown extends Config ? never : Each["name"]
      : never
  ]: Each extends { readonly types?: { readonly config: infer Config } } ? Config : never;
};

/**
 * Settings of several components; those of a component that needs none may be left out.
 *
 * @example
 * ```ts
 * import type { OptionalSettings } from "@shizuku/shizuku/component";
 *
 * type Settings = { notify: { perMinute?: number }; ticket: { prefix: string } };
 * const settings: OptionalSettings<Settings> = { ticket: { prefix: "T-" } };
 * ```
 */
export type OptionalSettings<S> =
  & { readonly [Name in keyof S as Record<never, never> extends S[Name] ? never : Name]: S[Name] }
  & { readonly [Name in keyof S as Record<never, never> extends S[Name] ? Name : never]?: S[Name] };

/**
 * What is provided, where something is needed.
 *
 * @example A value, or what makes it when it is needed
 * ```ts ignore
 * import { createApp, provider } from "@shizuku/shizuku/component";
 *
 * createApp({ nc, components: [notify], provide: { mailer: provider(connectToMailServer) } });
 * ```
 */
export type ProvidePart<Needs> = [keyof Needs] extends [never]
  ? { readonly provide?: Readonly<Record<string, unknown>> }
  : {
    /** What the components need, by the names in their `requires`. */
    readonly provide: { readonly [Name in keyof Needs]: Needs[Name] | Provider<Needs[Name]> };
  };

/**
 * The settings, where there are some.
 *
 * @example
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * createApp({
 *   nc,
 *   components: [notify],
 *   provide: { mailer },
 *   config: { notify: { perMinute: 10 } },
 * });
 * ```
 */
export type ConfigPart<Settings> = Record<never, never> extends OptionalSettings<Settings> ? {
    /** Settings of the components, by the name of the component. */
    readonly config?: OptionalSettings<Settings>;
  }
  : {
    /** Settings of the components, by the name of the component. */
    readonly config: OptionalSettings<Settings>;
  };

/**
 * Options of `createApp()` that do not depend on the components.
 *
 * @example
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * await using running = await createApp({
 *   nc,
 *   components: [user, ticket],
 *   namespace: "staging",
 *   stream: { replicas: 3 },
 *   provision: false,
 * }).start();
 * ```
 */
export interface AppSettings {
  /** Connection to NATS. It stays yours: the application does not close it. */
  readonly nc: Connection;
  /** Keeps applications on one server apart: put before every subject and every name. */
  readonly namespace?: string;
  /** What the streams of all components are to be like, such as `{ replicas: 3 }`. */
  readonly stream?: StreamSettings;
  /** What the buckets of all components are to be like, such as `{ replicas: 3 }`. */
  readonly bucket?: BucketSettings;
  /**
   * Names of the components that run here; the others run elsewhere, from the same code. What they
   * use of others is set up here too, for what it shares: its RPC and its hooks do not run here.
   * By default all run here.
   */
  readonly only?: readonly string[] | undefined;
  /**
   * Whether streams, buckets and consumers that are missing are created, and those changed that
   * differ. If not, what `provision()` makes must be there, and no right to create is needed.
   * @default {true}
   */
  readonly provision?: boolean;
  /**
   * Whether and how instances report what they are.
   * @default {{ ttlMs: 30_000 }}
   */
  readonly registry?: RegistrySettings | false;
}

/**
 * How instances report what they are.
 *
 * @example Gone after three seconds without a report
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * createApp({ nc, components: [user], registry: { ttlMs: 3_000 } });
 * ```
 */
export interface RegistrySettings {
  /**
   * How long an instance that does not report any more counts as running, in milliseconds, at least
   * 1000. It reports at a third of that.
   * @default {30000}
   */
  readonly ttlMs?: number;
}

/**
 * Options of {@linkcode createApp}: what the components need and have settings for is asked for.
 *
 * @example
 * ```ts ignore
 * import { createApp, onlyFromEnv } from "@shizuku/shizuku/component";
 *
 * await using running = await createApp({
 *   nc,
 *   components: [user, notify],
 *   provide: { mailer },
 *   config: { notify: { perMinute: 10 } },
 *   only: onlyFromEnv(),
 * }).start();
 * ```
 */
export type AppOptions<C extends readonly AnyComponent[] = readonly AnyComponent[]> =
  & AppSettings
  & {
    /** What the application consists of. */
    readonly components: C;
  }
  & ProvidePart<NeedsOf<C>>
  & ConfigPart<SettingsOf<C>>;

/** Options of {@linkcode createApp}, whatever the components. */
export interface AnyAppOptions extends AppSettings {
  /** What the application consists of. */
  readonly components: readonly AnyComponent[];
  /** What the components need. */
  readonly provide?: Readonly<Record<string, unknown>>;
  /** Settings of the components. */
  readonly config?: Readonly<Record<string, unknown>>;
}
