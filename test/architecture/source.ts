// Reads a TypeScript source as far as the rules of the house need it: its opening comment, its code with comments and the
// contents of strings blanked out, and the relative paths it names (imports, type imports, dynamic imports, worker URLs).

export interface Source {
  /** Path below src/, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every character of a comment, and of the inside of a string, replaced by a blank; line breaks stay. */
export function codeOnly(text: string): string {
  return blank(text, true);
}

/**
 * Relative paths to other sources, in the order written: whatever a string names as ./x.ts or ../x.ts counts. A worker's
 * entry written as `./x.${ending}`, for sources and builds alike, is ./x.ts.
 */
export function relativeSpecifiers(text: string): string[] {
  const withoutComments = blank(text, false);
  const found = withoutComments.matchAll(/(['"`])(\.\.?\/[^'"`\n$]*?)\.(ts|json|html|css|\$\{\w+\})\1/g);
  return [...new Set([...found].map(([, , path, ending = '']) => `${path}.${ending.startsWith('$') ? 'ts' : ending}`))];
}

/** Packages that a source imports, types and dynamic imports included; those of Node are left out. */
export function packageNames(text: string): string[] {
  const found = blank(text, false).matchAll(
    /\b(?:from|import)\s*\(?\s*(['"`])(?![./]|node:)((?:@[^/'"`]+\/)?[^/'"`]+)[^'"`]*\1/g,
  );
  return [...new Set([...found].map(([, , name = '']) => name))];
}

/** The `//` or block comment a file opens with, one entry a line; a shebang is skipped. */
export function openingComment(text: string): string[] {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines.slice(0, end === -1 ? lines.length : end);
}

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|of|in|delete|void|throw|await|yield|else|do))\s*$/;

function blank(text: string, stringsToo: boolean): string {
  const out = [...text];
  const wipe = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  // Template literals nest: each entry is the depth of braces at which its `${` began.
  const templates: number[] = [];
  let depth = 0;
  let i = 0;
  const inTemplate = (from: number): number => {
    let at = from;
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) at += text[at] === '\\' ? 2 : 1;
    if (stringsToo) wipe(from, Math.min(at, text.length));
    if (text[at] === '`') return at + 1;
    templates.push(depth);
    depth += 1;
    return at + 2;
  };
  while (i < text.length) {
    const char = text[i];
    if (text.startsWith('//', i) || (i === 0 && text.startsWith('#!'))) {
      const end = lineEnd(text, i);
      wipe(i, end);
      i = end;
    } else if (text.startsWith('/*', i)) {
      const close = text.indexOf('*/', i + 2);
      const end = close === -1 ? text.length : close + 2;
      wipe(i, end);
      i = end;
    } else if (char === "'" || char === '"') {
      const end = closing(text, i + 1, char);
      if (stringsToo) wipe(i + 1, end);
      i = end + 1;
    } else if (char === '`') {
      i = inTemplate(i + 1);
    } else if (char === '/' && BEFORE_REGEX.test(out.slice(Math.max(0, i - 40), i).join(''))) {
      const end = regexEnd(text, i + 1);
      if (stringsToo) wipe(i + 1, end);
      i = end + 1;
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      i += 1;
      if (char === '}' && templates.at(-1) === depth) {
        templates.pop();
        i = inTemplate(i);
      }
    }
  }
  return out.join('');
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at;
}

function closing(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function regexEnd(text: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}
