// The demo from start to end against a small stand-in for the gate: callers call, the incident comes, the story is told,
// and nothing is left behind. The real gate takes the same part in test/cli.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type DemoGate, type DemoOptions, runDemo } from '../../src/commands/demo/run.ts';
import { demoYaml } from '../../src/commands/demo/scene.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { story } from './story-at.ts';

const OPTIONS: DemoOptions = { seconds: null, rate: 400, seed: 1, plain: true, keep: null, incidentSeconds: 1 };

interface StandIn extends DemoGate {
  readonly amounts: number[];
  readonly stopped: () => boolean;
}

/** Answers decisions, remembers their amounts, and reports drift once it has seen a large one. */
async function startStandIn(): Promise<StandIn> {
  const amounts: number[] = [];
  let stopped = false;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { inputs: { data: number[] }[] };
      amounts.push(body.inputs[0]?.data[0] ?? Number.NaN);
      response.end('{}');
      return;
    }
    const drifting = amounts.some((amount) => amount > 3000);
    const told = drifting ? story.drifting : story.steady;
    const answer = path.endsWith('/shadows') ? told.shadows : path.endsWith('/drift') ? told.drift : told.model;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    dataUrl: url,
    adminUrl: url,
    amounts,
    stopped: () => stopped,
    async stop() {
      stopped = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('the demo', () => {
  it('plays its incident, tells the story, and leaves nothing behind', async () => {
    const written: string[] = [];
    const over = new AbortController();
    let file = '';
    let gate: StandIn | undefined;
    const answered = await runDemo(OPTIONS, {
      async startGate(path) {
        file = path;
        expect(readFileSync(path, 'utf8')).toContain('card-fraud');
        gate = await startStandIn();
        return gate;
      },
      terminal: {
        write(text: string) {
          written.push(text);
          if (text.includes('x100')) over.abort();
        },
      },
      colours: false,
      clock: systemClock,
      pollMs: 50,
      redrawMs: 50,
      stop: over.signal,
    });
    const text = written.join('');
    expect(answered).toBe(true);
    expect(text).toContain('(looks like x100)');
    expect(text).toMatch(/decisions answered, 0 failed/);
    expect(text).toMatch(/the gate reported drift on amount/);
    expect(gate?.stopped()).toBe(true);
    expect(existsSync(file)).toBe(false);
    const before = gate?.amounts.slice(0, 50) ?? [];
    expect(Math.max(...before)).toBeLessThan(3000);
  });

  it('stops the model servers where the gate does not start', async () => {
    const world = {
      startGate: () => Promise.reject(new Error('port 8080 is in use')),
      terminal: { write: () => undefined },
      colours: false,
      clock: systemClock,
      stop: new AbortController().signal,
    };
    await expect(runDemo(OPTIONS, world)).rejects.toThrow('port 8080 is in use');
  });

  it('writes the YAML that a person would', async () => {
    const ports = [
      { version: 'march', port: 1 },
      { version: 'april', port: 2 },
      { version: 'may', port: 3 },
    ] as const;
    await expect(demoYaml(ports, 8080, 9090)).toMatchFileSnapshot('../golden/demo.yaml');
  });
});
