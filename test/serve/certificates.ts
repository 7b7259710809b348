// Real certificates for tests, made by openssl in a temporary folder: an authority, and what it signs.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** False where there is no openssl: tests that need it are skipped, and say so. */
export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;
if (!HAS_OPENSSL) process.stderr.write('openssl is not installed: tests of TLS are SKIPPED\n');

export interface Pair {
  /** Paths. */
  readonly cert: string;
  readonly key: string;
  /** Texts. */
  readonly pem: { readonly cert: string; readonly key: string };
}

export interface Authority extends Pair {
  /** @param alternativeNames as openssl writes them: `DNS:localhost,IP:127.0.0.1` */
  issue(commonName: string, alternativeNames: string): Pair;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function createAuthority(name: string): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let serial = 0;

  function make(file: string, words: readonly string[]): Pair {
    const [cert, key] = [join(folder, `${file}.pem`), join(folder, `${file}-key.pem`)];
    execFileSync('openssl', ['req', '-x509', ...EC, '-out', cert, '-keyout', key, ...words], { stdio: 'pipe' });
    return { cert, key, pem: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } };
  }

  const root = make('authority', ['-subj', `/CN=${name}`, '-days', '2']);
  return {
    ...root,
    issue(commonName, alternativeNames) {
      const words = ['-subj', `/CN=${commonName}`, '-days', '2', '-CA', root.cert, '-CAkey', root.key];
      const extensions = [`subjectAltName=${alternativeNames}`, 'basicConstraints=critical,CA:FALSE'];
      return make(`issued-${++serial}`, [...words, ...extensions.flatMap((extension) => ['-addext', extension])]);
    },
  };
}
