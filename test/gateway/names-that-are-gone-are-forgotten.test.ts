// Reloads with ever new names: what no recent Plan names is forgotten, on the side that counts and on the one that reads.

import { expect, test } from 'vitest';
import { createKeptState } from '../../src/gateway/kept-state.ts';
import { createSums } from '../../src/telemetry/sums.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import { answering, ask, OK, request, statusOf } from './wire.ts';

const RELOADS = 2000;

test(`${RELOADS} reloads, each with a new model, version and shadow, leave the counters of a few`, async () => {
  const upstream = await answering(OK);
  const generation = (n: number) =>
    plan([
      model([version(`v${n}`, upstream.url), version(`w${n}`, upstream.url)], {
        name: `m${n}`,
        mirrors: [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 1_000_000 }],
      }),
    ]);
  const gate = await startGate(generation(0));
  const sums = createSums();
  let taken = 0;
  const takeBlocks = (): void => {
    for (; taken < gate.blocks.length; taken++) {
      const block = gate.blocks[taken];
      if (block !== undefined) sums.add(block);
    }
    sums.refresh();
  };
  let most = 0;
  for (let n = 1; n <= RELOADS; n++) {
    gate.swap(generation(n));
    if (n % 100 !== 0) continue;
    const { wire, ...answer } = await ask(gate.port, request('POST', '/m', [], '{}'));
    wire.destroy();
    expect(statusOf(answer)).toBe(200);
    takeBlocks();
    most = Math.max(most, sums.series.length);
  }
  expect(most).toBeLessThan(60);
  // The newest is there, with what it has counted.
  await until(() => {
    sums.refresh();
    return sums.find(`m${RELOADS}`, `v${RELOADS}`, 'champion') !== undefined;
  }, 'the counters of the newest');
  await gate.settled();
  await gate.close();
  await upstream.close();
}, 60_000);

test('what is in use stays until it is idle, and a name that comes back soon finds its state', () => {
  const forgotten: string[] = [];
  const busy = new Set<string>(['a']);
  const state = createKeptState<string>({
    isIdle: (value) => !busy.has(value),
    forget: (value) => forgotten.push(value),
    plansKept: 1,
  });
  let before = '';
  const reload = (name: string): void => {
    state.of(name, () => name);
    state.turn(before === '' ? [] : [before])();
    before = name;
  };
  for (const name of ['a', 'b', 'a', 'c', 'd', 'e']) reload(name);
  expect(forgotten).toEqual(['b', 'c']);
  busy.clear();
  reload('f');
  expect(forgotten).toEqual(['b', 'c', 'a', 'd']);
  expect(state.size).toBe(2);
});
