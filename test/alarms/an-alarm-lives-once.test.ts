// From the first sighting to the end: one alarm for a column, whatever is seen of it again; people take it in hand; what recurs is the
// same alarm; and there is a bound, which is counted.

import { expect, test } from 'vitest';
import { createAlarmBook } from '../../src/alarms/alarm-book.ts';
import { MINUTE, openDesk, sighting } from './receiver.ts';

test('opened once, still open whatever is seen again, resolved once', async () => {
  const { alarms, see } = await openDesk([]);
  see('amount');
  const [first] = alarms.list();
  see('amount', 'on', { evidence: 40, since: 12 });
  expect(alarms.list()).toHaveLength(1);
  expect(alarms.list()[0]).toMatchObject({
    id: first?.id,
    state: 'open',
    evidence: 40,
    since: first?.since,
    episode: 1,
  });
  see('amount', 'on', { version: 'v2', role: 'shadow' });
  see('amount', 'on', { side: 'response' });
  expect(alarms.open()).toHaveLength(3);
  see('amount', 'off');
  see('amount', 'off');
  expect(alarms.list().filter(({ state }) => state === 'resolved')).toHaveLength(1);
  expect(alarms.numbers()).toMatchObject({ opened: { drift: 3 }, resolved: { drift: 1 } });
  expect(alarms.numbers().open).toEqual([{ model: 'credit', kind: 'drift', count: 2 }]);
});

test('an end without a beginning is nothing', async () => {
  const { alarms, see } = await openDesk([]);
  see('amount', 'off');
  expect(alarms.list()).toEqual([]);
});

test('people acknowledge, snooze until a time, and end; what recurs is the same alarm, without what they said', async () => {
  const { alarms, see, pass } = await openDesk([]);
  see('amount');
  const id = alarms.list()[0]?.id ?? '';
  expect(alarms.acknowledge(id, 'ann', 'I look')).toMatchObject({ state: 'acknowledged', by: 'ann', note: 'I look' });
  expect(alarms.snooze(id, 10 * MINUTE, 'bob', null)).toMatchObject({ state: 'snoozed', by: 'bob', note: null });
  await pass(9 * MINUTE);
  expect(alarms.list()[0]?.state).toBe('snoozed');
  await pass(MINUTE);
  expect(alarms.list()[0]).toMatchObject({ state: 'open', snoozedUntil: null });
  expect(alarms.resolve(id, 'ann', 'mended')).toMatchObject({ state: 'resolved', ending: 'by hand, ann, mended' });
  expect(alarms.acknowledge(id, null, null)).toBeUndefined();
  expect(alarms.snooze('no such', 1, null, null)).toBeUndefined();
  see('amount');
  expect(alarms.list()).toHaveLength(1);
  expect(alarms.list()[0]).toMatchObject({ id, episode: 2, state: 'open', by: null, ending: null, resolvedAt: null });
});

test('what no Plan watches any more is closed, and says so', async () => {
  const { alarms, see } = await openDesk([]);
  see('amount');
  see('amount', 'on', { version: 'v2' });
  const nothing = { groupMs: 0, cooldownMs: 0, remindMs: null, webhooks: [] };
  alarms.apply(nothing, ({ version }) => version === 'v1');
  expect(alarms.open().map(({ version }) => version)).toEqual(['v1']);
  expect(alarms.list().find(({ version }) => version === 'v2')?.sentence).toContain('it is not watched any more');
});

test('beyond the bound what is over makes room first; then sightings are refused and counted', () => {
  let ids = 0;
  const book = createAlarmBook([], { newId: () => `id-${ids++}`, alarmsMax: 3 });
  for (const feature of ['a', 'b', 'c']) book.see(sighting(feature, 'on'));
  book.see(sighting('b', 'off', { at: 5 }));
  expect(book.see(sighting('d', 'on'))).toMatchObject({ feature: 'd' });
  expect(book.see(sighting('e', 'on'))).toBeNull();
  expect(book.all().map(({ feature }) => feature)).toEqual(['a', 'c', 'd']);
  expect(book.counts.refused).toBe(1);
});

test('what is over is forgotten after a week', async () => {
  const { alarms, see, pass } = await openDesk([]);
  see('amount');
  see('amount', 'off');
  await pass(7 * 24 * 60 * MINUTE);
  expect(alarms.list()).toHaveLength(1);
  await pass(1);
  expect(alarms.list()).toEqual([]);
});
