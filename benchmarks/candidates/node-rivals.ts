// The proxies that run on Node: each a server of its own in servers/, started as `node server.ts PORT UPSTREAM`.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Candidate, PLAIN } from '../candidate.ts';
import { ROOT } from '../conditions.ts';
import { freePort, launch, waitForPort } from '../processes.ts';

function nodeRival(id: string, title: string, server: URL, packages: readonly string[]): Candidate {
  return {
    id,
    title,
    work: PLAIN,
    missing() {
      const absent = packages.filter((name) => !existsSync(`${ROOT}/node_modules/${name}`));
      return absent.length === 0 ? null : `${absent.join(', ')} not installed: run npm ci`;
    },
    async start(targets, placement) {
      const port = await freePort();
      const command = [fileURLToPath(server), String(port), String(targets.champion)];
      const child = launch(process.execPath, command, placement);
      await waitForPort(port, child);
      return { port, pid: child.pid, stop: child.stop };
    },
  };
}

export const bareNode = nodeRival(
  'bare-node',
  'node:http + undici dispatch, nothing else',
  new URL('../servers/bare-node.ts', import.meta.url),
  ['undici'],
);

export const fastifyHttpProxy = nodeRival(
  'fastify',
  '@fastify/http-proxy',
  new URL('../servers/fastify.ts', import.meta.url),
  ['fastify', '@fastify/http-proxy'],
);

export const httpProxy3 = nodeRival(
  'http-proxy-3',
  'http-proxy-3',
  new URL('../servers/http-proxy-3.ts', import.meta.url),
  ['http-proxy-3'],
);

export const honoProxy = nodeRival(
  'hono',
  'hono/proxy on @hono/node-server',
  new URL('../servers/hono.ts', import.meta.url),
  ['hono', '@hono/node-server'],
);
