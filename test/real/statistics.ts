// The few figures that the report shows, and the band in which an honest share lies.

/** Two-sided 99.9 % quantile of the normal distribution. */
const Z = 3.2905;

/** Normal approximation of the binomial, with a continuity correction: within how many of `n` a share must lie. */
export function binomialBand(n: number, share: number): readonly [low: number, high: number] {
  const half = Z * Math.sqrt(n * share * (1 - share)) + 0.5;
  return [n * share - half, n * share + half];
}

/** Nearest-rank quantile; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function countBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

/**
 * Sum of a counter over all its labels in a Prometheus exposition, with the lines that are not zero.
 * @throws where there is no such counter
 */
export function counterOf(
  exposition: string,
  name: string,
): { readonly total: number; readonly lines: readonly string[] } {
  if (!exposition.includes(`# TYPE ${name} counter\n`)) throw new Error(`the exposition has no counter ${name}`);
  const lines = exposition.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const counted = lines.filter((line) => Number(line.slice(line.lastIndexOf(' '))) > 0);
  return { total: counted.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0), lines: counted };
}
