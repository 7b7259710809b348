// On the real thread, with the real processes: what the gateways saw becomes Parquet, is found again by its id with its shadow and
// its outcomes, and is counted; the monitor itself goes on.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DecisionView } from '../../src/admin/view.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { headgate } from '../cli/headgate.ts';
import { parquetFiles } from '../store/filled.ts';
import { plan, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

const MODEL = modelPlan({ mirrors: [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 100_000 }] });
const PATIENCE_MS = 60_000;

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('records go into the store while the gate runs, and come back out of it', async () => {
  const data = await temporaryFolder();
  const first = plan([MODEL], data);
  const store = {
    ...first.captures.store,
    everyMs: 1000,
    retention: { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 },
  };
  const monitor = await startMonitor({ ...first, captures: { ...first.captures, store } });
  try {
    const gateway = monitor.gateway();
    for (let i = 0; i < 50; i++) {
      const decisionId = `decision-${i}`;
      gateway.writer.write(v2({ amount: i, age: 30 }, 0.25, { decisionId, at: Date.now() }));
      gateway.writer.write(
        v2({ amount: i, age: 30 }, 0.75, { decisionId, role: 'shadow', version: 1, at: Date.now() }),
      );
    }
    await gateway.drained();
    const rows = async (): Promise<number> => {
      const text = await monitor.get<string>('/metrics');
      return Number(/^headgate_store_rows_total (\d+)/m.exec(text)?.[1] ?? 0);
    };
    await until(async () => ((await rows()) === 100 ? true : undefined));
    expect((await parquetFiles(data)).length).toBeGreaterThan(0);
    const closed = (await readdir(join(data, 'captures'))).filter((name) => name.endsWith('.capture'));
    expect(closed).toEqual([]);

    const sent = await fetch(`${monitor.url}/api/v1/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outcomes: [{ decision_id: 'decision-7', name: 'default', value: false, at: 0 }] }),
    });
    expect([sent.status, await sent.json()]).toEqual([200, { ok: true, written: 1, known: 0 }]);
    const found = await monitor.get<DecisionView>('/api/v1/decisions/decision-7');
    expect(found.calls.map(({ role, version, features }) => [role, version, features])).toEqual([
      ['champion', 'logistic', { amount: [7], age: [30] }],
      ['shadow', 'boosted', { amount: [7], age: [30] }],
    ]);
    expect(String(found.calls[0]?.request)).toContain('"inputs"');
    expect(found.outcomes).toMatchObject([{ name: 'default', value: false, at: '1970-01-01T00:00:00.000Z' }]);
    expect(found.truncated).toBe(false);
    expect((await fetch(`${monitor.url}/api/v1/decisions/nobody`)).status).toBe(404);

    // A record of this moment is still in a segment: it is found there, and a query sees both.
    gateway.writer.write(v2({ amount: 1, age: 30 }, 0.25, { decisionId: 'new', at: Date.now() }));
    await gateway.drained();
    expect((await monitor.get<DecisionView>('/api/v1/decisions/new')).calls.length).toBe(1);
    const asked = await headgate(['query', '--data', data, '--format', 'csv', 'SELECT count(*) AS n FROM decisions']);
    expect(asked).toMatchObject({ code: 0, out: 'n\n51\n', err: '' });
  } finally {
    await monitor.stop();
  }
});
