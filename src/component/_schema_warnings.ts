import { getLogger } from "../core/mod.ts";
import { compareSchemas } from "./compare_schemas.ts";
import type { Manifest } from "./manifest.ts";
import type { Registry } from "./registry.ts";

/**
 * Finds events that this instance and others that run understand in ways that do not fit, in words.
 *
 * @param bytes Descriptors of this instance.
 */
export async function schemaWarnings(
  registry: Registry,
  manifest: Manifest,
  bytes: Uint8Array,
): Promise<string[]> {
  const others = (await registry.list()).filter((other) =>
    other.descriptors !== undefined && other.descriptors !== manifest.descriptors &&
    commonEvents(manifest, other).length > 0
  );
  // Instances of one version have the same descriptors.
  const kinds = new Map(others.map((other) => [`${other.component} ${other.descriptors}`, other]));
  const warnings = await Promise.all([...kinds.values()].map(async (other) => {
    const theirs = await registry.descriptors(other);
    return theirs === undefined ? [] : compare(manifest, bytes, other, theirs);
  }));
  return warnings.flat();
}

function compare(
  ours: Manifest,
  ourBytes: Uint8Array,
  theirs: Manifest,
  theirBytes: Uint8Array,
): string[] {
  const types = commonEvents(ours, theirs);
  const isOlder = isBefore(ours, theirs);
  try {
    const problems = isOlder
      ? compareSchemas(ourBytes, theirBytes, { types })
      : compareSchemas(theirBytes, ourBytes, { types });
    return problems.map(({ type, message, rule }) =>
      `${type} of ${nameOf(ours)} does not fit that of ${nameOf(theirs)}, which runs: ${message} ` +
      `(${rule})`
    );
  } catch (error) {
    // What another component says of itself must not harm this one.
    getLogger(["component", ours.component])
      .warn("Cannot read the descriptors of {component}: {error}", { ...theirs, error });
    return [];
  }
}

function commonEvents(ours: Manifest, theirs: Manifest): string[] {
  const known = new Set(typesOf(theirs));
  return [...new Set(typesOf(ours))].filter((type) => known.has(type));
}

function typesOf({ events, hooks }: Manifest): string[] {
  return [...events, ...hooks.flatMap((hook) => hook.events)].map(({ type }) => type);
}

/** Of two versions of one component the lower number is the older one, else what started first. */
function isBefore(a: Manifest, b: Manifest): boolean {
  if (a.component !== b.component) return a.startedAt < b.startedAt;
  const [left, right] = [a, b].map(({ version }) => version.split(/[.+-]/).slice(0, 3).map(Number));
  for (const [index, number] of left!.entries()) {
    if (number !== right![index]) return number < right![index]!;
  }
  return a.startedAt < b.startedAt;
}

function nameOf({ component, version }: Manifest): string {
  return `${component} ${version}`;
}
