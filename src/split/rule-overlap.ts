// Whether some request can match two rules, from their keys alone. Told apart are rules that want another value in one place,
// or paths of which neither lies below the other; of all others it must be supposed that both may hold.

interface Conditions {
  readonly header: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
  readonly path: string | undefined;
}

/** @param a and @param b keys of rules (split-keys.ts) */
export function bothMayHold(a: string, b: string): boolean {
  const [one, other] = [conditionsOf(a), conditionsOf(b)];
  if (one === null || other === null) return true;
  for (const place of ['header', 'query', 'body'] as const) {
    for (const [name, value] of Object.entries(one[place])) {
      if (Object.hasOwn(other[place], name) && other[place][name] !== value) return false;
    }
  }
  if (one.path === undefined || other.path === undefined) return true;
  return isBelow(one.path, other.path) || isBelow(other.path, one.path);
}

/** null: a key of a form that is not known here. */
function conditionsOf(key: string): Conditions | null {
  let found: unknown;
  try {
    found = JSON.parse(key);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
  const { header = {}, query = {}, body = {}, path } = found as Record<string, unknown>;
  if (!areTexts(header) || !areTexts(query) || !areTexts(body)) return null;
  return path === undefined || typeof path === 'string' ? { header, query, body, path } : null;
}

function areTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(above.endsWith('/') ? above : `${above}/`);
}
