/** Imports of every entry point, by its name. */
export const ENTRY_POINTS: Readonly<Record<string, () => Promise<unknown>>> = {
  ".": () => import("../../mod.ts"),
  "./core": () => import("../../src/core/mod.ts"),
  "./services": () => import("../../src/services/mod.ts"),
  "./consumers": () => import("../../src/consumers/mod.ts"),
  "./kv": () => import("../../src/kv/mod.ts"),
  "./kv/encrypted": () => import("../../src/kv/encrypted.ts"),
  "./component": () => import("../../src/component/mod.ts"),
  "./component/permissions": () => import("../../src/component/permissions.ts"),
  "./hono": () => import("../../src/hono/mod.ts"),
  "./hono/openapi": () => import("../../src/hono/openapi.ts"),
  "./protobuf": () => import("../../src/protobuf/mod.ts"),
  "./protobuf/google/api/annotations_pb.js": () =>
    import("../../src/protobuf/gen/google/api/annotations_pb.ts"),
  "./protobuf/google/api/http_pb.js": () => import("../../src/protobuf/gen/google/api/http_pb.ts"),
  "./protobuf/shizuku/v1/options_pb.js": () =>
    import("../../src/protobuf/gen/shizuku/v1/options_pb.ts"),
  "./dev": () => import("../../src/dev/mod.ts"),
  "./init": () => import("../../src/init/mod.ts"),
  "./transport/deno": () => import("../../src/transport/deno.ts"),
  "./transport/node": () => import("../../src/transport/node.ts"),
  "./transport/ws": () => import("../../src/transport/ws.ts"),
};
