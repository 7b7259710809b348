// The gate under test as a process of its own: the configuration in front of the model servers, start, restart, and what
// its admin side says.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, freePorts, startChild } from './child-process.ts';
import { MODELS, SHADOW, SHADOW_SHARE, SHARES } from './lanes.ts';
import type { ModelServers } from './model-servers.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_MS = 60_000;
const DRAIN_MS = 30_000;

export interface Gate {
  /** Base URL for decisions. */
  readonly base: string;
  /** Folder with the captures. */
  readonly data: string;
  /** Its configuration. */
  readonly file: string;
  start(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
  /** GET of an admin path that answers JSON. */
  admin<T>(path: string): Promise<T>;
  metrics(): Promise<string>;
  /** Rejects where the gate ends by itself. */
  died(): Promise<never>;
}

export async function createGate(folder: string, targets: ModelServers['targets']): Promise<Gate> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const file = join(folder, 'headgate.yaml');
  const data = join(folder, 'data');
  writeFileSync(file, configuration(port, adminPort, data, targets));
  const adminBase = `http://127.0.0.1:${adminPort}`;
  let child: Child | null = null;
  const get = async (path: string) => {
    const answer = await fetch(adminBase + path);
    if (!answer.ok) throw new Error(`the admin side answers ${answer.status} to ${path}: ${await answer.text()}`);
    return answer;
  };
  return {
    base: `http://127.0.0.1:${port}`,
    data,
    file,
    async start() {
      child = startChild({
        name: 'gate',
        command: process.execPath,
        args: [join(ROOT, 'src', 'cli.ts'), 'serve', '-c', file],
        cwd: folder,
        log: join(folder, 'gate.log'),
      });
      await child.ready(`${adminBase}/readyz`, READY_MS);
    },
    async stop() {
      const stopping = child;
      child = null;
      return stopping === null ? null : stopping.stop(DRAIN_MS);
    },
    admin: async <T>(path: string) => (await get(path)).json() as Promise<T>,
    metrics: async () => (await get('/metrics')).text(),
    async died() {
      throw new Error(await (child?.died ?? 'the gate was not started'));
    },
  };
}

/** Four models of the gate, each 90/10 with a quarter of its decisions mirrored to the forest. */
function configuration(port: number, adminPort: number, data: string, targets: ModelServers['targets']): string {
  const split = Object.entries(SHARES).map(([version, share]) => `${version}: ${share * 100}`);
  const models = MODELS.map(({ name, protocol, exactTargets }) => {
    const versions = Object.entries(targets[name]).map(([version, { bases, path }]) => {
      // The MLServer versions of the first model keep the request's path; everything else is called at an exact target.
      const urls = bases.map((base) => (exactTargets || version === SHADOW ? base + path : base));
      return `      ${version}: { url: [${urls.map((url) => `"${url}"`).join(', ')}] }`;
    });
    return [`  ${name}:`, `    protocol: ${protocol}`, '    versions:', ...versions].join('\n');
  });
  return `listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
data: ${data}
# The test reads the segments themselves, in the end.
captures: { compact: { every: none } }
defaults:
  champion: logistic
  sticky: { header: account-id, missing: reject }
  split: { ${split.join(', ')} }
  mirror: { ${SHADOW}: { share: ${SHADOW_SHARE * 100}%, timeout: 20s } }
  timeout: { connect: 5s, firstByte: 20s, total: 30s }
models:
${models.join('\n')}
`;
}
