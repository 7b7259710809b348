// Alertmanager, of Prometheus, as a process on free ports; what it knows is asked of its API, version 2.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, freePorts, startChild } from './child-process.ts';

/** https://github.com/prometheus/alertmanager/blob/v0.28.1/api/v2/openapi.yaml: gettableAlert */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: 'unprocessed' | 'active' | 'suppressed' };
}

export interface Alertmanager {
  readonly url: string;
  /** Those that have not ended. */
  alerts(): Promise<readonly Alert[]>;
  stop(): Promise<void>;
}

const READY_MS = 30_000;
const GRACE_MS = 5000;

/** @param program the executable @param folder for its data and its log */
export async function startAlertmanager(program: string, folder: string): Promise<Alertmanager> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child: Child = startChild({
    name: 'alertmanager',
    command: program,
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // Alone: no port for others like it.
      '--cluster.listen-address=',
    ],
    cwd: folder,
    log: join(folder, 'alertmanager.log'),
  });
  await child.ready(`${url}/-/ready`, READY_MS);
  return {
    url,
    async alerts() {
      const answer = await fetch(`${url}/api/v2/alerts`);
      if (answer.status !== 200) throw new Error(`alertmanager: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Alert[];
    },
    async stop() {
      await child.stop(GRACE_MS);
    },
  };
}
