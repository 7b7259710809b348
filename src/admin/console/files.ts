// The console's files, read once and served from memory: no path of a request ever reaches the file system.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

interface ConsoleFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const SCRIPT = 'text/javascript; charset=utf-8';

/** Path -> file. */
export const CONSOLE_FILES: ReadonlyMap<string, ConsoleFile> = new Map([
  ['/', read('index.html', 'text/html; charset=utf-8')],
  ['/console/console.css', read('console.css', 'text/css; charset=utf-8')],
  ['/console/icon.svg', read('icon.svg', 'image/svg+xml')],
  ...['console.js', 'model-card.js', 'overview.js', 'drift-table.js', 'quality-panel.js', 'charts.js', 'dom.js'].map(
    (name) => [`/console/${name}`, read(name, SCRIPT)] as const,
  ),
]);

function read(name: string, type: string): ConsoleFile {
  const bytes = Uint8Array.from(readFileSync(new URL(name, import.meta.url)));
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, type, etag };
}

/** @param known value of the request's If-None-Match */
export function consoleAnswer(path: string, known: string | undefined): Response {
  const file = CONSOLE_FILES.get(path);
  if (file === undefined) throw new Error(`no file of the console is at ${path}`);
  // Kept, but asked for anew each time: a new version of the gate is a new console at once.
  const headers = { etag: file.etag, 'cache-control': 'no-cache' };
  if (known?.includes(file.etag) === true) return new Response(null, { status: 304, headers });
  return new Response(file.bytes, { headers: { ...headers, 'content-type': file.type } });
}
