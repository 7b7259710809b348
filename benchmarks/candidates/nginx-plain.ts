// nginx passing every request to the champion over kept-alive connections: the yardstick for plain proxying.

import { type Candidate, PLAIN } from '../candidate.ts';
import { whyNotInstalled } from '../conditions.ts';
import { launchNginx } from '../nginx.ts';
import { freePort } from '../processes.ts';

export const nginxPlain = nginx('nginx', 'nginx, proxy_pass', '');
/** Event streams pass as they come. */
export const nginxStream = nginx('nginx', 'nginx, proxy_buffering off', 'proxy_buffering off;');

function nginx(id: string, title: string, directives: string): Candidate {
  return {
    id,
    title,
    work: PLAIN,
    missing: () => whyNotInstalled('nginx'),
    async start(targets, placement) {
      const port = await freePort();
      const server = await launchNginx(
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
      ${directives}
    }
  }`,
        placement,
      );
      return { port, pid: server.pid, stop: server.stop };
    },
  };
}
