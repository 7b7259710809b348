// The Portkey gateway, made for language models: a request names its provider and host, and goes on to that host. It answers under
// /v1 and writes JSON bodies anew, which changes no byte of the workload's. Not a dependency of the project: with its eighty
// packages it is installed on demand, into the user's cache folder.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Candidate, PLAIN } from '../candidate.ts';
import { freePort, launch, waitForPort } from '../processes.ts';

const PORTKEY_VERSION = '1.15.2';
/** Of what it is made for (^1.3.3) the newest with which it answers: later ones give it headers that it may not add to. */
const NODE_SERVER_VERSION = '1.12.2';
const PACKAGE = '@portkey-ai/gateway';
const FOLDER = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'headgate-bench',
  `portkey-${PORTKEY_VERSION}-${NODE_SERVER_VERSION}`,
);
const SERVER = join(FOLDER, 'node_modules', PACKAGE, 'build/start-server.js');
const INSTALL_MS = 120_000;

export const portkey: Candidate = {
  id: 'portkey',
  title: `${PACKAGE} ${PORTKEY_VERSION}`,
  work: PLAIN,
  missing() {
    if (!existsSync(SERVER)) install();
    return existsSync(SERVER) ? null : `${PACKAGE} could not be installed into ${FOLDER}`;
  },
  dialect: (targets) => ({
    pathPrefix: '/v1',
    headers: ['x-portkey-provider: openai', `x-portkey-custom-host: http://127.0.0.1:${targets.champion}`],
  }),
  async start(_targets, placement) {
    const port = await freePort();
    const child = launch(
      process.execPath,
      [SERVER, '--headless', `--port=${port}`],
      [...placement, 'env', 'NODE_ENV=production'],
    );
    await waitForPort(port, child);
    return { port, pid: child.pid, stop: child.stop };
  },
};

/** Its scripts are not run: the build comes with the package. */
function install(): void {
  mkdirSync(FOLDER, { recursive: true });
  const wanted = {
    private: true,
    dependencies: { [PACKAGE]: PORTKEY_VERSION },
    overrides: { '@hono/node-server': NODE_SERVER_VERSION },
  };
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(wanted));
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      stdio: 'ignore',
      timeout: INSTALL_MS,
    });
  } catch {
    // Said by `missing`: the candidate is left out, and the report says so.
  }
}
