// Sinks over processes: kill -9 of a gate in the middle of its deliveries, then another start on the same folder. Each captured
// record reaches the consumer at least once, those of one model in their order; a consumer that is down delays nobody.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCursors } from '../../src/capture/sinks/cursor.ts';
import { startEventsConsumer } from '../capture/sinks/other-sides.ts';
import { createCaller } from '../serve/caller.ts';
import { captured } from '../serve/captured.ts';
import { scrape } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

interface SinkAnswer {
  readonly name: string;
  readonly state: string;
  readonly delivered: number;
  readonly lagRecords: number;
}

const sinksOf = async (gate: ReadyGate): Promise<readonly SinkAnswer[]> =>
  ((await (await fetch(`${gate.adminUrl}/api/v1/sinks`)).json()) as { sinks: SinkAnswer[] }).sinks;

test.each(['binary', 'batched'] as const)(
  'kill -9 while a gate delivers (%s): nothing is lost, order holds',
  async (mode) => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const [consumer, down] = [await startEventsConsumer(mode), await startEventsConsumer(mode)];
    down.fail(503);
    const sink = (url: string) => `{ type: cloudevents, mode: ${mode}, url: "${url}", batch: { records: 20 } }`;
    const url = (side: typeof consumer) => (side.plan.type === 'cloudevents' ? side.plan.url : '');
    const yaml = `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${data}
captures: { sinks: { well: ${sink(url(consumer))}, down: ${sink(url(down))} } }
models: { m: { versions: { one: { url: "${upstream.url}" } }, timeout: { connect: 5s, firstByte: 10s, total: 20s } } }
`;
    const passed: { readonly names: readonly string[]; readonly times: ReadonlyMap<string, number> }[] = [];
    for (let round = 0; round < 3; round++) {
      const gate = await startServe(yaml, { folder });
      const caller = createCaller(8);
      const before = consumer.received().length;
      const asking = caller.askAll(gate.dataUrl, Array(300).fill({})).catch(() => []);
      await waitFor(async () => (consumer.received().length > before + 60 ? true : undefined), 'some to arrive');
      if (round === 1) {
        await waitFor(async () => {
          const states = await sinksOf(gate);
          return states.find(({ name }) => name === 'down')?.state === 'failing' ? true : undefined;
        }, 'the dead sink to be seen');
        expect((await scrape(gate))('headgate_sink_up', { sink: 'down' })).toBe(0);
      }
      gate.process.kill('SIGKILL');
      await gate.exited;
      await asking;
      caller.close();
      passed.push({ names: await behindCursor(data, 'well'), times: timesOf(consumer.received()) });
    }
    // The dead one has come back: it gets everything from the beginning.
    down.fail(0);
    const ids = await inOrder(data);
    const last = await startServe(yaml, { folder });
    expect(ids.length).toBeGreaterThan(150);
    for (const side of [consumer, down]) {
      await waitFor(async () => (new Set(side.received()).size >= ids.length ? true : undefined), 'every record');
      expect(new Set(side.received())).toEqual(new Set(ids));
      expect(firstOnly(side.received())).toEqual(ids);
    }
    // It goes on where it stopped: what its cursor had passed when the gate was killed never comes again.
    const times = timesOf(consumer.received());
    for (const then of passed) {
      expect(then.names.length).toBeGreaterThan(0);
      expect(then.names.filter((name) => times.get(name) !== then.times.get(name))).toEqual([]);
    }
    expect(await last.stop()).toBe(0);
    await consumer.leave();
    await down.leave();
    rmSync(folder, { recursive: true, force: true });
  },
);

/** How often each came. */
function timesOf(names: readonly string[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return times;
}

/** Records that the cursor of a sink has passed, as it is on disk. */
async function behindCursor(data: string, sink: string): Promise<string[]> {
  const reached = new Map((await readCursors(data, sink)).map(({ replica, position }) => [replica, position.sequence]));
  const { rows } = await captured(data);
  return rows
    .filter(({ replica, sequence }) => sequence <= (reached.get(replica) ?? 0))
    .map((row) => `m ${row.decision_id}`);
}

const firstOnly = (names: readonly string[]): string[] => [...new Set(names)];

/** Processes in the order of their start, records of each in the order written. */
async function inOrder(data: string): Promise<string[]> {
  const { rows } = await captured(data);
  const startOf = (replica: string): number => Number.parseInt(replica.split('-').at(-1) ?? '', 36);
  return [...rows]
    .sort((a, b) => startOf(a.replica) - startOf(b.replica) || a.sequence - b.sequence)
    .map((row) => `m ${row.decision_id}`);
}
