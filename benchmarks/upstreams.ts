// The model servers of the measurement: one nginx each for champion, challenger and shadow, answering a constant, so that
// they cost as little as a server can; and their own count of requests, so that work left out is seen.

import { launchNginx } from './nginx.ts';
import { freePorts } from './processes.ts';
import { answerBody, type Version } from './workload.ts';

const VERSIONS = ['champion', 'challenger', 'shadow'] as const satisfies readonly Version[];
const COUNT_PATH = '/upstream-requests';

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
  const [champion = 0, challenger = 0, shadow = 0] = await freePorts(VERSIONS.length);
  const ports: Targets = { champion, challenger, shadow };
  const servers = await Promise.all(
    VERSIONS.map((version) => launchNginx(version, ports[version], server(ports[version], version))),
  );
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
      await Promise.all(servers.map((nginx) => nginx.stop()));
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
  if (match === null) throw new Error(`nginx's stub_status page is not as expected: ${page}`);
  return Number(match[1]);
}
