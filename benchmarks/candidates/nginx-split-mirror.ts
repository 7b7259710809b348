// nginx with split_clients over the sticky header and a mirror of every request: the best peer for the whole job, though it
// neither records nor compares anything.

import { type Candidate, PLAIN } from '../candidate.ts';
import { whyNotInstalled } from '../conditions.ts';
import { launchNginx } from '../nginx.ts';
import { freePort } from '../processes.ts';
import type { Targets } from '../upstreams.ts';
import { CHALLENGER_SHARE, STICKY_HEADER } from '../workload.ts';

export const nginxSplitMirror: Candidate = {
  id: 'nginx-split-mirror',
  title: 'nginx, split_clients + mirror',
  work: { ...PLAIN, split: true, mirror: true },
  missing: () => whyNotInstalled('nginx'),
  async start(targets, placement) {
    const port = await freePort();
    const nginx = await launchNginx('split-mirror', port, configuration(port, targets), placement);
    return { port, pid: nginx.pid, stop: nginx.stop };
  },
};

function configuration(port: number, targets: Targets): string {
  const upstreams = (['champion', 'challenger', 'shadow'] as const).map(
    (version) =>
      `  upstream ${version} { server 127.0.0.1:${targets[version]}; keepalive 128; keepalive_requests 100000000; }`,
  );
  return `${upstreams.join('\n')}
  split_clients "$http_${STICKY_HEADER.replaceAll('-', '_')}" $version {
    ${CHALLENGER_SHARE * 100}% challenger;
    * champion;
  }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      mirror /shadow;
      mirror_request_body on;
      proxy_pass http://$version;
    }
    location = /shadow {
      internal;
      proxy_pass http://shadow$request_uri;
    }
  }`;
}
