// Alarms in a real Alertmanager: what is open is there under its labels and with an end four minutes ahead, what a person says of it is
// too, and what has ended is gone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createManualClock } from '../../src/kernel/clock.ts';
import { MINUTE, openDesk, webhookPlan } from '../alarms/receiver.ts';
import { waitFor } from '../serve/served-gate.ts';
import { type Alert, startAlertmanager } from './alertmanager.ts';

const PROGRAM = process.env.HEADGATE_REAL_ALERTMANAGER ?? '';

test('an alarm is an alert while it lasts, and no longer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-alerts-'));
  const alertmanager = await startAlertmanager(PROGRAM, folder);
  onTestFinished(async () => {
    await alertmanager.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const feature = ({ labels }: Alert): string => labels.feature ?? '';
  const alerts = (isSo: (all: readonly Alert[]) => boolean, what: string): Promise<readonly Alert[]> =>
    waitFor(async () => {
      const all = await alertmanager.alerts();
      return isSo(all) ? all.toSorted((one, other) => (feature(one) < feature(other) ? -1 : 1)) : undefined;
    }, what);

  // Three minutes late: what the desk takes for open ends later by Alertmanager's clock, and what has ended is over by both.
  const clock = createManualClock(Date.now() - 3 * MINUTE);
  const plan = webhookPlan(alertmanager.url, { format: 'alertmanager' });
  const { alarms, see, pass, warnings } = await openDesk([plan], { clock });
  const cause = { text: 'looks like x100', kind: 'unit change', where: null, lookAt: 'the app' } as const;
  see('amount', 'on', { cause });
  see('région "x"', 'on', { version: 'v2', role: 'shadow' });
  see('', 'on', { kind: 'gap', side: 'response' });
  await pass(1000);

  const open = await alerts((all) => all.length === 3, 'three alerts');
  expect(open.map(({ labels }) => labels)).toEqual([
    {
      alertname: 'HeadgateDataGap',
      service: 'headgate',
      model: 'credit',
      version: 'v1',
      role: 'champion',
      side: 'response',
    },
    {
      ...{ alertname: 'HeadgateDrift', service: 'headgate', model: 'credit', version: 'v1', role: 'champion' },
      ...{ side: 'request', feature: 'amount' },
    },
    {
      ...{ alertname: 'HeadgateDrift', service: 'headgate', model: 'credit', version: 'v2', role: 'shadow' },
      ...{ side: 'request', feature: 'région "x"' },
    },
  ]);
  expect(open[1]?.annotations).toMatchObject({ cause: 'looks like x100', look_at: 'the app' });
  expect(open[1]?.annotations.summary).toContain('feature "amount" has drifted');
  for (const { endsAt } of open) expect(Date.parse(endsAt)).toBe(Math.floor(clock.wall() + 4 * MINUTE));

  // Sent again each minute: the same alert, which lasts longer, and says what a person said.
  alarms.acknowledge(alarms.list().find((one) => one.feature === 'amount')?.id ?? '', 'ann', 'I look');
  await pass(MINUTE);
  const again = await alerts(
    (all) => all.some(({ annotations }) => 'acknowledged' in annotations),
    'the word of a person',
  );
  expect(again.map(({ labels, startsAt }) => [labels, startsAt])).toEqual(
    open.map((one) => [one.labels, one.startsAt]),
  );
  expect(again[1]?.annotations.acknowledged).toBe('ann: I look');
  expect(Date.parse(again[1]?.endsAt ?? '')).toBe(Math.floor(clock.wall() + 4 * MINUTE));

  see('amount', 'off');
  const endedAt = clock.wall();
  await pass(1000);
  const left = await alerts((all) => all.length === 2, 'the end of one');
  expect(left.map(feature)).toEqual(['', 'région "x"']);
  expect(alarms.list().find((one) => one.feature === 'amount')?.resolvedAt).toBe(new Date(endedAt).toISOString());

  expect(alarms.numbers().webhooks[0]).toMatchObject({ state: 'idle', waiting: 0, delivered: 3, refused: 0 });
  expect(warnings.filter((text) => text.includes('not delivered'))).toEqual([]);
});
