export * from "./src/core/mod.ts";
export * from "./src/services/mod.ts";
export * from "./src/consumers/mod.ts";
export * from "./src/kv/mod.ts";
export * from "./src/component/mod.ts";
