// Whether some request can match two rules, from their keys alone. Told apart are rules that want another value in one place,
// or paths of which neither lies below the other; of all others it must be supposed that both may hold.

import { z } from 'zod';

const conditions = z.object({
  header: z.record(z.string(), z.string()).default({}),
  query: z.record(z.string(), z.string()).default({}),
  path: z.string().optional(),
  body: z.record(z.string(), z.string()).default({}),
});

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
function conditionsOf(key: string): z.output<typeof conditions> | null {
  try {
    const found = conditions.safeParse(JSON.parse(key));
    return found.success ? found.data : null;
  } catch {
    return null;
  }
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(above.endsWith('/') ? above : `${above}/`);
}
