// Members, lists and texts of JSON that nobody has checked yet: each problem goes on the list with its place, and reading goes on.

export type Fields = Readonly<Record<string, unknown>>;

/** @param path of the object, '' at the top */
export function members(value: unknown, path: string, known: readonly string[], problems: string[]): Fields {
  const place = path === '' ? '' : `${path}.`;
  if (!isObject(value)) {
    problems.push(`${path === '' ? 'baseline' : path}: must be an object`);
    return {};
  }
  for (const key of Object.keys(value)) if (!known.includes(key)) problems.push(`${place}${key}: unknown key`);
  return value;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list(value: unknown, path: string, max: number, problems: string[]): readonly unknown[] {
  if (Array.isArray(value) && value.length <= max) return value;
  problems.push(`${path}: must be a list of at most ${max}`);
  return [];
}

export function texts(value: unknown, path: string, max: number, problems: string[]): readonly string[] {
  const all = list(value, path, max, problems);
  const only = all.filter((one) => typeof one === 'string');
  if (only.length < all.length) problems.push(`${path}: must be texts`);
  return only;
}

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** @returns ISO 8601 in UTC; null where there is none, or none that can be read */
export function moment(value: unknown, path: string, problems: string[]): string | null {
  if (value === undefined) return null;
  const at = typeof value === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  problems.push(`${path}: must be a date and time, as 2026-11-02T09:00:00Z`);
  return null;
}
