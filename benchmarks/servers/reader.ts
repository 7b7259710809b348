// Model servers that read a body to its end and then answer a constant: `node reader.ts CHAMPION CHALLENGER SHADOW`, three ports.
// Sockets and a few lines of HTTP, since node:http would take the core that the load needs; bodies have a Content-Length here.

import { createServer, type Socket } from 'node:net';
import { COUNT_PATH, VERSIONS } from '../upstreams.ts';
import { answerBody } from '../workload.ts';

const HEAD_END = '\r\n\r\n';

function answer(body: string): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  return Buffer.from(`${head}${HEAD_END}${body}`, 'latin1');
}

for (const [index, version] of VERSIONS.entries()) {
  const constant = answer(answerBody(version));
  let served = 0;
  const serve = (socket: Socket): void => {
    let head = '';
    let missing = 0;
    const reply = (): void => {
      served += 1;
      // As stub_status writes it: accepted, handled, requests.
      if (head.startsWith(`GET ${COUNT_PATH} `)) socket.write(answer(` 0 0 ${served} \n`));
      else socket.write(constant);
      head = '';
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      if (missing > 0) {
        missing -= chunk.length;
        if (missing === 0) reply();
        return;
      }
      head += chunk.toString('latin1');
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const length = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head.slice(0, end + 2))?.[1] ?? 0);
      missing = end + HEAD_END.length + length - head.length;
      if (missing === 0) reply();
    });
  };
  createServer({ noDelay: true }, serve).listen(Number(process.argv[index + 2]), '127.0.0.1');
}
