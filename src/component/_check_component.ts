import type { ComponentKv, RecordDeclarations } from "./component_kv.ts";

const TAKEN = { entity: true, value: true } satisfies Record<keyof ComponentKv, true>;

/**
 * Checks what a component says of itself.
 *
 * @throws {TypeError} If a name or the version is not valid.
 */
export function checkComponent(name: string, version: string, records: RecordDeclarations): void {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new TypeError(
      `Cannot define component as its name must match [A-Za-z0-9_-]+: current value is ` +
        JSON.stringify(name),
    );
  }
  if (!/^\d+\.\d+\.\d+([-+].+)?$/.test(version)) {
    throw new TypeError(
      `Cannot define component ${name} as its version must be like 1.0.0: current value is ` +
        JSON.stringify(version),
    );
  }
  for (const record of Object.keys(records)) {
    if (/^[\w-]+$/.test(record) && !(record in TAKEN)) continue;
    throw new TypeError(
      `Cannot define component ${name} as names of records must match [A-Za-z0-9_-]+ and not be ` +
        `${Object.keys(TAKEN).join(" or ")}: current value is ${JSON.stringify(record)}`,
    );
  }
}
