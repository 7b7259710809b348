// The stage of the demo: free ports, a folder, and the YAML that a person would write for these three model servers.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { StartError } from '../start-error.ts';
import { DEMO_MODEL } from './fraud-model.ts';
import type { PortOf } from './model-server.ts';

export interface Scene {
  readonly file: string;
  readonly folder: string;
  /** What is different from the usual ports, in words; empty where nothing is. */
  readonly remarks: readonly string[];
  /** Removes the folder, unless it was asked for by name. */
  strike(): Promise<void>;
}

export interface SceneOptions {
  readonly ports: readonly PortOf[];
  /** Text of the baseline file. */
  readonly baseline: string;
  /** Kept afterwards; null: a temporary folder that is not. */
  readonly keep: string | null;
}

const DATA_PORT = 8080;
const ADMIN_PORT = 9090;
const BASELINE = 'baseline.json';

export async function setScene(options: SceneOptions): Promise<Scene> {
  const remarks: string[] = [];
  const choose = async (port: number, what: string): Promise<number> => {
    if (await isFree(port)) return port;
    const other = await freePort();
    remarks.push(`port ${port} is in use: the ${what} listens on ${other}`);
    return other;
  };
  const data = await choose(DATA_PORT, 'gate');
  const admin = await choose(ADMIN_PORT, 'admin side');
  const folder = options.keep === null ? await mkdtemp(join(tmpdir(), 'headgate-demo-')) : resolve(options.keep);
  const file = join(folder, 'headgate.yaml');
  try {
    await mkdir(folder, { recursive: true });
    // Never over a configuration that is there: it may be somebody's.
    await writeFile(file, demoYaml(options.ports, data, admin), { flag: 'wx' });
    await writeFile(join(folder, BASELINE), options.baseline);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      EXIT.unavailable,
      `demo: the folder ${folder} cannot be used (${code}); name one with --keep that can be written and holds no headgate.yaml`,
    );
  }
  return {
    file,
    folder,
    remarks,
    async strike() {
      if (options.keep === null) await rm(folder, { recursive: true, force: true });
    },
  };
}

export function demoYaml(ports: readonly PortOf[], dataPort: number, adminPort: number): string {
  const [champion, challenger, shadow] = ports;
  if (champion === undefined || challenger === undefined || shadow === undefined) {
    throw new Error('the demo has three versions');
  }
  return `# Written by \`headgate demo\`.
listen: { host: 127.0.0.1, port: ${dataPort} }
admin: { host: 127.0.0.1, port: ${adminPort} }
data: ./data
telemetry: { logs: { level: silent } }
models:
  ${DEMO_MODEL}:
    owner: payments-risk@example.com
    description: Probability that a card payment is fraud.
    versions:
${ports.map(({ version, port }) => `      ${version}: { url: http://127.0.0.1:${port}, revision: git:demo-${version} }`).join('\n')}
    champion: ${champion.version}
    sticky: { header: account-id }
    split: { ${champion.version}: 90, ${challenger.version}: 10 }
    mirror: { ${shadow.version}: 50% }
    drift: { baseline: ${BASELINE}, tick: 2s, provisional: 300 }
`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
