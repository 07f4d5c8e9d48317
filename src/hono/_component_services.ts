import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Manifest } from "../component/mod.ts";
import { serviceInfo } from "../services/mod.ts";
import { type Expose, isExposed } from "./_expose.ts";
import { readHttpRules } from "./_http_rule.ts";

/** What of a component a gateway serves. */
export interface ComponentServices {
  /** The services, each with the methods that may be called. */
  readonly services: readonly DescService[];
  /** What may be called and cannot be served, in words. */
  readonly problems: readonly string[];
}

/**
 * Reads what a component offers: of the services that it answers those methods that are exposed.
 * What cannot be served is left out by itself. Pure.
 *
 * @param descriptorSet A `google.protobuf.FileDescriptorSet`.
 * @throws {Error} If the bytes are none, or do not fit together.
 */
export function readComponent(
  { rpc }: Pick<Manifest, "rpc">,
  descriptorSet: Uint8Array,
  expose: Expose,
): ComponentServices {
  const types = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const problems: string[] = [];
  const services = rpc.flatMap(({ service: name, methods }) => {
    // Code-first contracts have no descriptors.
    const service = types.getService(name);
    if (service === undefined) return [];
    const names = new Set(methods.map(({ name }) => name));
    const kept = service.methods.filter((method) =>
      names.has(method.name) && isExposed(expose, { contract: service, name: method.name }) &&
      canServe(method, problems)
    );
    return kept.length === 0 ? [] : [partOf(service, kept)];
  });
  return { services, problems };
}

function canServe(method: DescMethod, problems: string[]): boolean {
  try {
    serviceInfo(partOf(method.parent, [method]));
    readHttpRules(method);
    return true;
  } catch (error) {
    problems.push((error as Error).message);
    return false;
  }
}

/** A service with some of its methods, or with those of another version of it. */
function partOf(service: DescService, methods: readonly DescMethod[]): DescService {
  const part = { ...service } as { -readonly [Key in keyof DescService]: DescService[Key] };
  part.methods = methods.map((method) => ({ ...method, parent: part }));
  part.method = Object.fromEntries(part.methods.map((method) => [method.localName, method]));
  return part;
}

/** One version of a component. */
export interface ComponentVersion {
  /** Its version, such as `1.2.0`. */
  readonly version: string;
  /** When the instance started, as ISO 8601. */
  readonly startedAt: string;
  /** What is served of it. */
  readonly services: readonly DescService[];
}

/**
 * Joins what runs. Of a method that several versions have, the newest one's counts; one that only an
 * older version has can be called as long as that runs. Pure.
 */
export function joinVersions(versions: Iterable<ComponentVersion>): DescService[] {
  const found = new Map<string, DescService>();
  for (const { services } of [...versions].sort(byAge)) {
    for (const service of services) {
      const newer = found.get(service.typeName);
      found.set(service.typeName, newer === undefined ? service : join(newer, service));
    }
  }
  return [...found.values()].sort((a, b) => a.typeName < b.typeName ? -1 : 1);
}

function join(newer: DescService, older: DescService): DescService {
  const names = new Set(newer.methods.map(({ name }) => name));
  const missing = older.methods.filter(({ name }) => !names.has(name));
  return missing.length === 0 ? newer : partOf(newer, [...newer.methods, ...missing]);
}

/** The newest first; of one version, the one that started last. */
function byAge(a: ComponentVersion, b: ComponentVersion): number {
  const [left, right] = [a, b].map(({ version }) => version.split(/[.+-]/, 3).map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (right![part] ?? 0) - (left![part] ?? 0);
    // What is no number says nothing.
    if (difference) return difference;
  }
  return a.startedAt > b.startedAt ? -1 : 1;
}
