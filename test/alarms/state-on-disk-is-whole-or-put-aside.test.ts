// alarms.json: whole at any moment, put aside where it cannot be read, and no reason to stop where the disk does not take it.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../capture/open-capture.ts';
import { MINUTE, openDesk, startReceiver, webhookPlan } from './receiver.ts';

test('an alarm is on disk a second after it was opened, and with it whom it was told', async () => {
  const data = await temporaryFolder();
  const receiver = await startReceiver();
  const desk = await openDesk([webhookPlan(receiver.url)], { data });
  desk.see('amount');
  await desk.pass(1000);
  await desk.pass(1000);
  const { format, alarms } = JSON.parse(await readFile(join(data, 'alarms.json'), 'utf8'));
  expect(format).toBe('headgate-alarms/1');
  expect(alarms).toMatchObject([{ feature: 'amount', told: { hook: { of: 'opened', episode: 1 } } }]);
  expect(await readdir(data)).toEqual(['alarms.json']);
  // A process that is killed here loses nothing: the next one reads what this one wrote.
  const next = await openDesk([webhookPlan(receiver.url)], { data, clock: desk.clock });
  await next.pass(MINUTE);
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ['no JSON', '{"format":"headgate-alarms/1","alarms":['],
  ['another format', '{"format":"headgate-alarms/2","alarms":[]}'],
  ['no alarms', '{"format":"headgate-alarms/1","alarms":[{"id":1}]}'],
])('a file that is %s is put aside, and said', async (_, text) => {
  const data = await temporaryFolder();
  await writeFile(join(data, 'alarms.json'), text);
  const desk = await openDesk([], { data });
  expect(desk.alarms.list()).toEqual([]);
  expect(desk.warnings.join()).toContain('alarms.json.unreadable');
  expect(await readFile(join(data, 'alarms.json.unreadable'), 'utf8')).toBe(text);
});

test('a disk that does not take it is said, counted, and tried again', async () => {
  const data = await temporaryFolder();
  const desk = await openDesk([], { data });
  await rm(data, { recursive: true });
  desk.see('amount');
  await desk.pass(1000);
  expect(desk.alarms.numbers().unsaved).toBe(1);
  expect(desk.warnings.join()).toContain('the alarms are not on disk');
  await mkdir(data);
  await desk.pass(11_000);
  expect(await readdir(data)).toEqual(['alarms.json']);
});
