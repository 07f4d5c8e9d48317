/** Does at import what no module of the library may do. */
export const restless: readonly unknown[] = [
  Math.random(),
  Date.now(),
  crypto.randomUUID(),
  performance.now(),
  new AbortController(),
];
clearTimeout(setTimeout(() => {}, 1_000));
Object.assign(globalThis, { restless });
