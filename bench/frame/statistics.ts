/** The middle one of some values; between the two middle ones if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  // The sum is never -0, which is equal to 0 in order, but not the same.
  return (low + high) / 2 + 0;
}

/** The value that so many of the values do not exceed; `sorted` is in rising order. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Rounds to so many digits that count, so that files of results stay small. */
export function significant(value: number, digits: number = 4): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}

/**
 * How sure the median of some ratios is: the standard error of its logarithm.
 *
 * It comes from the median of the deviations, so that one round in which something else ran does not
 * count. With fewer than three rounds nothing is known, and it is infinite.
 */
export function noiseOf(ratios: readonly number[]): number {
  if (ratios.length < 3) return Infinity;
  const logs = ratios.map(Math.log);
  const middle = median(logs);
  const deviation = 1.4826 * median(logs.map((log) => Math.abs(log - middle)));
  // The median of a normal sample scatters by a quarter more than its mean.
  return 1.2533 * deviation / Math.sqrt(logs.length);
}
