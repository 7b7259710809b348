// The model servers of the measurement, and their own count of requests, so that work left out is seen. For short bodies one nginx
// each for champion, challenger and shadow, answering a constant: as little as a server can cost. It answers without reading the
// body, so that where bodies are long, one process of Node takes their place that reads them to the end (servers/reader.ts).

import { fileURLToPath } from 'node:url';
import { launchNginx } from './nginx.ts';
import { freePorts, launch, type Process, waitForPort } from './processes.ts';
import { answerBody, type Version } from './workload.ts';

export const VERSIONS = ['champion', 'challenger', 'shadow'] as const satisfies readonly Version[];
export const COUNT_PATH = '/upstream-requests';
const READER = fileURLToPath(new URL('servers/reader.ts', import.meta.url));

export interface Targets {
  readonly champion: number;
  readonly challenger: number;
  readonly shadow: number;
}

export interface Upstreams {
  readonly ports: Targets;
  /** Requests that each has answered so far, the counting itself left out. */
  counts(): Promise<Targets>;
  stop(): Promise<void>;
}

export async function startUpstreams(): Promise<Upstreams> {
  const ports = await freeTargets();
  const servers = await Promise.all(
    VERSIONS.map((version) => launchNginx(version, ports[version], server(ports[version], version))),
  );
  return upstreams(ports, servers);
}

/** Upstreams that read bodies of any length before they answer. */
export async function startReaders(): Promise<Upstreams> {
  const ports = await freeTargets();
  const reader = launch(process.execPath, [READER, ...VERSIONS.map((version) => String(ports[version]))]);
  for (const version of VERSIONS) await waitForPort(ports[version], reader);
  return upstreams(ports, [reader]);
}

async function freeTargets(): Promise<Targets> {
  const [champion = 0, challenger = 0, shadow = 0] = await freePorts(VERSIONS.length);
  return { champion, challenger, shadow };
}

function upstreams(ports: Targets, servers: readonly Process[]): Upstreams {
  const asked = { champion: 0, challenger: 0, shadow: 0 };
  const count = async (version: Version): Promise<number> => {
    asked[version] += 1;
    const answer = await fetch(`http://127.0.0.1:${ports[version]}${COUNT_PATH}`);
    return requestsServed(await answer.text()) - asked[version];
  };
  return {
    ports,
    counts: async () => ({
      champion: await count('champion'),
      challenger: await count('challenger'),
      shadow: await count('shadow'),
    }),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

function server(port: number, version: Version): string {
  return `  server {
    listen 127.0.0.1:${port} backlog=1024;
    default_type application/json;
    location / { return 200 '${answerBody(version)}'; }
    location = ${COUNT_PATH} { stub_status; }
  }`;
}

/** The third number under `server accepts handled requests` of ngx_http_stub_status_module. */
function requestsServed(page: string): number {
  const match = /^\s*\d+\s+\d+\s+(\d+)\s*$/m.exec(page);
  if (match === null) throw new Error(`the count of an upstream is not as expected: ${page}`);
  return Number(match[1]);
}
