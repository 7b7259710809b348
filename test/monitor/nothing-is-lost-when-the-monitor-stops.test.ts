// At the end everything that the gateways packed is read and written; in a flood the admin side is served, records are refused
// and counted, and every slab comes back.

import { expect, test } from 'vitest';
import type { ModelDetail } from '../../src/admin/view.ts';
import { rowsUnder, temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { plan, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

test('slabs still on their way at the end are read and written', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([modelPlan()], data));
  const gateways = [monitor.gateway(), monitor.gateway(), monitor.gateway()];
  let sent = 0;
  for (let i = 0; i < 2000; i++) {
    for (const { writer } of gateways)
      if (writer.write(v2({ amount: i }, 0.5, { decisionId: `decision-${sent}` }))) sent += 1;
  }
  for (const { writer } of gateways) writer.flush();
  await monitor.stop();
  expect(sent).toBe(6000);
  const rows = await rowsUnder(data);
  expect(rows.length).toBe(sent);
  expect(new Set(rows.map((row) => row.decision_id)).size).toBe(sent);
});

test('in a flood records are refused at the gateway, the admin side answers, and the accounts are exact', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([modelPlan()], data));
  const gateway = monitor.gateway(4);
  const record = v2({ amount: 1 }, 0.5);
  let taken = 0;
  let refused = 0;
  for (let i = 0; i < 5000; i++) {
    if (gateway.writer.write(record)) taken += 1;
    else refused += 1;
  }
  expect(refused).toBeGreaterThan(0);
  expect(gateway.writer.out).toBe(4);
  const during = await monitor.get<ModelDetail>('/api/v1/models/credit-default');
  expect(during.capture.received).toBeLessThanOrEqual(taken);
  await gateway.drained();
  expect(gateway.writer.out).toBe(0);
  expect(gateway.writer.write(record)).toBe(true);
  await gateway.drained();
  const after = await monitor.get<ModelDetail>('/api/v1/models/credit-default');
  expect(after.capture.received).toBe(taken + 1);
  await monitor.stop();
  expect((await rowsUnder(data)).length).toBe(taken + 1);
});
