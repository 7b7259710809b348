// Starts an nginx with one worker from a configuration written to a temporary folder: the upstreams and two candidates use it.

import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { BESIDE, type Placement } from './placement.ts';
import { launch, type Process, removeFolder, temporaryFolder, waitForPort } from './processes.ts';

/** @param http what stands in the `http` block besides the defaults below */
export async function launchNginx(
  name: string,
  port: number,
  http: string,
  placement: Placement = BESIDE,
): Promise<Process> {
  const folder = temporaryFolder(name);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, http));
  const nginx = launch('nginx', ['-e', 'stderr', '-p', folder, '-c', file], placement);
  await waitForPort(port, nginx);
  return {
    ...nginx,
    async stop() {
      await nginx.stop();
      removeFolder(folder);
    },
  };
}

function configuration(folder: string, http: string): string {
  // A worker of a root master would run as nobody, who may not enter the temporary folder.
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};\n` : '';
  return `${user}daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 120s;
  keepalive_requests 100000000;
  client_body_buffer_size 1m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${http}
}
`;
}
