// Values in the configuration are Unicode, those on the wire are bytes: both lanes must find the one in the other.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPlan } from '../../src/config/load.ts';
import { startGate } from './gate-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-values-'));
let upstream: Server;
beforeAll(async () => {
  upstream = createServer((request, response) => void request.resume().on('end', () => response.end('yes')));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true });
});

/** The head of the answer to a request with these header lines, as they are. */
function ask(port: number, lines: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /m HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n');
      socket.write(Buffer.concat([lines, Buffer.from('\r\n{}')]));
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text.split('\r\n\r\n')[0] ?? ''));
  });
}

test.each([true, false])('a match and a rule by values beyond ASCII (fast lane %s)', async (fastLane) => {
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const file = join(folder, `${fastLane}.yaml`);
  const versions = `versions: { plain: { url: "${url}" }, ruled: { url: "${url}" } }, champion: plain`;
  writeFileSync(
    file,
    `listen: { host: 127.0.0.1, port: 0, fastLane: ${fastLane} }
models:
  city: { protocol: json, match: { path: /m, header: { place: "Zürich €" } }, ${versions}, rules: [{ when: { header: { tier: "größer" } }, split: { ruled: 1 } }] }
  rest: { protocol: json, match: /m, versions: { rest: { url: "${url}" } } }
`,
  );
  const loaded = loadPlan(file, { env: {}, serial: 1 });
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
  const gate = await startGate(loaded.plan);
  try {
    const version = async (lines: string, encoding: BufferEncoding = 'utf8') =>
      /^headgate-version: (\w+)$/im.exec(await ask(gate.port, Buffer.from(lines, encoding)))?.[1];
    expect(await version('place: Zürich €\r\n')).toBe('plain');
    expect(await version('place: Zürich €\r\ntier: größer\r\n')).toBe('ruled');
    expect(await version('place: Zurich €\r\n')).toBe('rest');
    // The same letters in another encoding are other bytes.
    expect(await version('tier: größer\r\nplace: Zürich\r\n', 'latin1')).toBe('rest');
  } finally {
    await gate.close();
  }
});
