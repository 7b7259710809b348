// haproxy passing every request to the champion, on one thread like every other candidate's data path.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Candidate, PLAIN } from '../candidate.ts';
import { whyNotInstalled } from '../conditions.ts';
import { freePort, launch, removeFolder, temporaryFolder, waitForPort } from '../processes.ts';

export const haproxy: Candidate = {
  id: 'haproxy',
  title: 'haproxy, one backend',
  work: PLAIN,
  missing: () => whyNotInstalled('haproxy'),
  async start(targets, placement) {
    const port = await freePort();
    const folder = temporaryFolder('haproxy');
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configuration(port, targets.champion));
    const process = launch('haproxy', ['-db', '-f', file], placement);
    await waitForPort(port, process);
    return {
      port,
      pid: process.pid,
      async stop() {
        await process.stop();
        removeFolder(folder);
      },
    };
  },
};

function configuration(port: number, champion: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 1s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:${port}
  server champion 127.0.0.1:${champion}
`;
}
