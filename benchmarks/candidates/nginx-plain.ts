// nginx passing every request to the champion over kept-alive connections: the yardstick for plain proxying.

import { type Candidate, PLAIN } from '../candidate.ts';
import { whyNotInstalled } from '../conditions.ts';
import { launchNginx } from '../nginx.ts';
import { freePort } from '../processes.ts';

export const nginxPlain: Candidate = {
  id: 'nginx',
  title: 'nginx, proxy_pass',
  work: PLAIN,
  missing: () => whyNotInstalled('nginx'),
  async start(targets) {
    const port = await freePort();
    const nginx = await launchNginx(
      'plain',
      port,
      `  upstream champion { server 127.0.0.1:${targets.champion}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://champion;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }`,
    );
    return { port, pid: nginx.pid, stop: nginx.stop };
  },
};
