// Quantities as people write them: 250ms, 8MiB, 25%. Parsers return undefined for anything else; the caller words the problem.

const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

function scaled(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const match = pattern.exec(text);
  const factor = units[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `250ms`, `1.5s`, `2m`, `1h`, `15d` in milliseconds. */
export function parseDuration(text: string): number | undefined {
  return scaled(text, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/, DURATION_MS);
}

/** `512B`, `256KiB`, `8MiB`, `1GB` in bytes. */
export function parseSize(text: string): number | undefined {
  return scaled(text, /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/, SIZE_BYTES);
}

/** `25%` or `0.5%` as a fraction, 0 to 1. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (match === null) return undefined;
  const fraction = Number(match[1]) / 100;
  return fraction <= 1 ? fraction : undefined;
}
