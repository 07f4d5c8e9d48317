/** A source of random things that gives the same ones for the same seed. */
export interface Random {
  /** A whole number from 0, below the limit. */
  below(limit: number): number;
  /** True so often, from 0 to 1. */
  chance(share: number): boolean;
  /** One of several. */
  pick<T>(items: readonly T[]): T;
  /** Text of any kind, of at most so many characters. */
  text(maxLength: number): string;
  /** So many bytes at most. */
  bytes(maxLength: number): Uint8Array;
}

/** Makes one; the generator is mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const char = () => String.fromCharCode(next() < 0.9 ? 32 + below(95) : below(0xd800));
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)]!,
    text: (maxLength) => Array.from({ length: below(maxLength + 1) }, char).join(""),
    bytes: (maxLength) => Uint8Array.from({ length: below(maxLength + 1) }, () => below(256)),
  };
}
