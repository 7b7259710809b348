import { afterEach, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, OK, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];
const HELD = 1000;

afterEach(async () => {
  await gate.settled();
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function start(
  missing: 'random' | 'champion' | 'reject',
  split = [0, 1],
  protocol: 'raw' | 'open-inference' = 'raw',
) {
  for (let i = 0; i < 2; i++) upstreams.push(await answering(OK));
  const versions = ['champion', 'challenger'].map((name, at) => version(name, upstreams[at]?.url ?? ''));
  const sticky = { source: { kind: 'body', tokens: ['account'] }, missing } as const;
  gate = await startGate(plan([model(versions, { sticky, split, protocol })], { bodyBytesHeld: HELD }));
}

function body(bytes: number): string {
  return '{"account":"a-1"}'.padEnd(bytes, ' ');
}

function chunked(text: string, path = '/m'): string {
  const half = text.length >> 1;
  const chunks = [text.slice(0, half), text.slice(half)].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`;
}

async function answerTo(bytes: string): Promise<Message> {
  const answer = await ask(gate.port, bytes);
  answer.wire.destroy();
  return answer;
}

const FRAMED = [
  ['with its length', (text: string) => request('POST', '/m', [], text)],
  ['in chunks', (text: string) => chunked(text)],
] as const;

for (const missing of ['random', 'reject'] as const) {
  test.each(FRAMED)(
    `missing: ${missing}: a body over the buffer, %s, is refused with the reason`,
    async (_, framed) => {
      await start(missing);
      const held = await answerTo(framed(body(HELD)));
      expect([statusOf(held), valuesOf(held.headers, 'headgate-version')]).toEqual([200, ['challenger']]);
      const refused = await answerTo(framed(body(HELD + 1)));
      expect(statusOf(refused)).toBe(413);
      expect(valuesOf(refused.headers, 'headgate-error')).toEqual(['body_too_large']);
      expect(JSON.parse(refused.body.toString())).toMatchObject({
        detail: `The sticky key is in the body, and a body over listen.body.buffer (${HELD} bytes) is not held. Send less, or raise the limit.`,
      });
      expect(upstreams.map(({ requests }) => requests.length)).toEqual([0, 1]);
      await gate.settled();
      expect(gate.refused('body_too_large')).toBe(1);
    },
  );
}

test.each(FRAMED)('missing: champion: a body over the buffer, %s, is answered by the champion', async (_, framed) => {
  await start('champion');
  const answer = await answerTo(framed(body(HELD + 1)));
  expect([statusOf(answer), valuesOf(answer.headers, 'headgate-version')]).toEqual([200, ['champion']]);
  expect(upstreams[0]?.requests[0]?.body.toString()).toBe(body(HELD + 1));
});

test('a body that is held and has no key is as it was: by chance, or refused as such', async () => {
  await start('reject');
  const answer = await answerTo(request('POST', '/m', [], '{}'));
  expect([statusOf(answer), valuesOf(answer.headers, 'headgate-error')]).toEqual([400, ['sticky_key_missing']]);
});

test('a call that is no decision has no unit: any length passes', async () => {
  await start('reject', [0, 1], 'open-inference');
  const answer = await answerTo(request('POST', '/v2/repository/index', [], body(HELD + 1)));
  expect([statusOf(answer), valuesOf(answer.headers, 'headgate-version')]).toEqual([200, ['champion']]);
});
