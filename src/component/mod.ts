/**
 * Components: what a distributed application is made of, and the application that runs them.
 *
 * @example A component with an RPC and a shared function
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * export const greeter = defineComponent({
 *   name: "greeter",
 *   version: "1.0.0",
 *   rpc: GreetService,
 *   setup() {
 *     const greet = ({ name }: { name: string }) => ({ text: `Hello, ${name}` });
 *     return { rpc: { greet }, shared: { greet } };
 *   },
 * });
 * ```
 *
 * @module
 */
export type {
  Connection,
  ConnectionInfo,
  ConnectionSubscription,
  ResourcePlan,
} from "../connection/mod.ts";
export * from "./app.ts";
export type {
  AppOptions,
  AppSettings,
  ConfigPart,
  Joined,
  NeedsOf,
  OptionalSettings,
  ProvidePart,
  RegistrySettings,
  SettingsOf,
} from "./app_options.ts";
export { call } from "./call.ts";
export * from "./compare_schemas.ts";
export * from "./component.ts";
export type { ConfigInput, ConfigSource, ConfigValue } from "./component_config.ts";
export type {
  BucketSettings,
  ComponentKv,
  OpenRecords,
  RecordDeclaration,
  RecordDeclarations,
} from "./component_kv.ts";
export type { ComponentLockOptions, ComponentLocks } from "./component_locks.ts";
export {
  type DeclaredHooks,
  type HookDeclaration,
  hookOn,
  type HookPart,
  type HookProcessor,
  type Hooks,
  type HookSettings,
  type SourceParams,
} from "./hook_on.ts";
export type {
  Manifest,
  ManifestEvent,
  ManifestHook,
  ManifestMethod,
  ManifestService,
} from "./manifest.ts";
export * from "./on_signals.ts";
export { onlyFromEnv } from "./only.ts";
export { provision, type ProvisionOptions, type ProvisionPlan } from "./provision.ts";
export * from "./registry.ts";
export * from "./requirement.ts";
export type { RpcContracts, RpcImplementation, RpcPart } from "./rpc_contracts.ts";
export * from "./running_app.ts";
