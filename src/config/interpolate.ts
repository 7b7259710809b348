// References to the environment inside one text: ${NAME}, ${NAME:-default}, and $$ for a dollar. It works on values after the
// file is parsed, so that nothing in the environment can change the shape of the configuration.

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolation {
  readonly text: string;
  /** Whether anything came from the environment (or from a reference's default). */
  readonly used: boolean;
  /** Names without a value and without a default. */
  readonly unset: readonly string[];
  /** A `${` that begins no reference. */
  readonly malformed: boolean;
}

const REFERENCE = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export function interpolate(text: string, env: Environment): Interpolation {
  if (!text.includes('$')) return { text, used: false, unset: [], malformed: false };
  const unset: string[] = [];
  let used = false;
  let malformed = false;
  const result = text.replace(REFERENCE, (found: string, name: string | undefined, fallback: string | undefined) => {
    if (found === '$$') return '$';
    used = true;
    if (name === undefined) {
      malformed = true;
      return found;
    }
    const value = env[name];
    // As in a shell, `:-` also stands in for an empty value.
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) unset.push(name);
    return value ?? found;
  });
  return { text: result, used, unset, malformed };
}

/** Names of the variables that a text refers to, in order; without defaults. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
