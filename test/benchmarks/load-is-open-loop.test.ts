// The load generator keeps its schedule when the server stalls, charges the wait to the latencies, and counts what fails.

import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readAnswer } from '../../benchmarks/load/answer.ts';
import { runOpenLoop } from '../../benchmarks/load/open-loop.ts';
import { median } from '../../benchmarks/statistics.ts';
import { answerBody, createPool, requestBody, SHAPE, unitName } from '../../benchmarks/workload.ts';

const pool = createPool(SHAPE, 20);
const order = { shape: SHAPE };
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

describe('runOpenLoop', () => {
  it('sends every request of the pool in turn, whole', async () => {
    const bodies: string[] = [];
    const port = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        bodies.push(`${request.headers['account-id']} ${body}`);
        response.end(answerBody('champion'));
      });
    });
    const result = await runOpenLoop({ ...order, port, ratePerSecond: 400, seconds: 0.1, connections: 4 }, pool);
    expect(result).toMatchObject({ intended: 40, completed: 40, failed: 0, problem: null });
    const expected = Array.from({ length: 40 }, (_, index) => `${unitName(index % 20)} ${requestBody(index % 20)}`);
    expect(bodies.sort()).toEqual(expected.sort());
    expect(result.latenessUs.every((lateness) => lateness > -200)).toBe(true);
  });

  it('charges a stall to every request that was due meanwhile', async () => {
    const stallMs = 200;
    let stalled = false;
    const port = await serve((request, response) => {
      request.resume();
      if (!stalled) {
        stalled = true;
        const end = performance.now() + stallMs;
        while (performance.now() < end); // the server is deaf to all its connections
      }
      response.end('{}');
    });
    const result = await runOpenLoop({ ...order, port, ratePerSecond: 200, seconds: 0.2, connections: 2 }, pool);
    expect(result.completed).toBe(40);
    // Request i was due at 5 i ms and could be answered at 200 ms at the earliest: a closed loop would show two slow ones.
    const slow = result.latenciesUs.filter((latency) => latency > 50_000);
    expect(slow.length).toBeGreaterThanOrEqual(20);
  });

  it('does not call itself late for what waits for a connection', async () => {
    // One connection, and every answer takes ten times as long as the time between two requests.
    const port = await serve((request, response) => {
      request.resume();
      setTimeout(() => response.end('{}'), 20);
    });
    const result = await runOpenLoop({ ...order, port, ratePerSecond: 500, seconds: 0.1, connections: 1 }, pool);
    expect(result.completed).toBe(50);
    expect(median(result.latenciesUs)).toBeGreaterThan(200_000);
    expect(median(result.latenessUs)).toBeLessThan(median(result.latenciesUs) / 3);
  });

  it('says what it costs itself', async () => {
    const port = await serve((request, response) => {
      request.resume();
      response.end('{}');
    });
    const result = await runOpenLoop({ ...order, port, ratePerSecond: 500, seconds: 0.1, connections: 4 }, pool);
    expect(result.generatorCpuUs).toBeGreaterThan(0);
    expect(result.latenessUs.length).toBe(50);
  });

  it('counts other statuses, broken answers and lost connections as failures', async () => {
    const refusing = await serve((request, response) => {
      request.resume();
      response.writeHead(503).end('{}');
    });
    const refused = await runOpenLoop(
      { ...order, port: refusing, ratePerSecond: 200, seconds: 0.05, connections: 1 },
      pool,
    );
    expect(refused).toMatchObject({ completed: 0, failed: 10, problem: 'status 503' });

    const resetting = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const port = await listen(resetting);
    closing.push(() => resetting.close());
    const reset = await runOpenLoop({ ...order, port, ratePerSecond: 200, seconds: 0.05, connections: 1 }, pool);
    expect(reset).toMatchObject({ completed: 0, failed: 10 });
  });

  it('refuses orders over its bounds', async () => {
    await expect(
      runOpenLoop({ ...order, port: 1, ratePerSecond: 1e6, seconds: 1, connections: 1 }, pool),
    ).rejects.toThrow('bounds');
  });
});

describe('readAnswer', () => {
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}';
  const chunked = 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n';

  it('finds the end at every cut', () => {
    for (const text of [whole, chunked]) {
      for (let cut = 0; cut < text.length; cut++)
        expect(readAnswer(Buffer.from(text.slice(0, cut))).kind).toBe('partial');
    }
    expect(readAnswer(Buffer.from(whole))).toEqual({ kind: 'whole', status: 200, length: whole.length, close: false });
    expect(readAnswer(Buffer.from(chunked))).toEqual({
      kind: 'whole',
      status: 201,
      length: chunked.length,
      close: true,
    });
  });

  it('refuses what it cannot delimit', () => {
    expect(readAnswer(Buffer.from('HTTP/1.1 200 OK\r\n\r\n{}')).kind).toBe('broken');
    expect(readAnswer(Buffer.from('ICY 200 OK\r\nContent-Length: 0\r\n\r\n')).kind).toBe('broken');
  });
});
