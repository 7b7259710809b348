import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BothLanes, Played } from './both-lanes.ts';
import { bothLanes } from './both-lanes.ts';
import { difference, lanesAlike } from './lanes-alike.ts';

let both: BothLanes;

beforeAll(async () => {
  both = await bothLanes();
});
afterAll(() => both.close());

test('whatever a client sends, and however it is cut, either lane answers alike', async () => {
  const { property, close } = await lanesAlike();
  await fc.assert(property, { numRuns: 500 });
  await close();
});

const ask = (line: string, more = '', body = ''): string =>
  `${line} HTTP/1.1\r\nHost: models.test\r\n${more}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

async function played(text: string, ends = false): Promise<{ readonly fast: Played; readonly general: Played }> {
  const play = { steps: [{ text, cuts: [] }], ends };
  const outcome = { fast: await both.fast(play), general: await both.general(play) };
  expect(difference(outcome.fast, outcome.general)).toBe('');
  return outcome;
}

const statuses = ({ answers }: Played): string[] => answers.map((answer) => answer.slice(9, 12));

test('the difference that is sought can be found', async () => {
  const one = { steps: [{ text: ask('POST /m/length', '', 'a'), cuts: [] }], ends: false };
  const other = { steps: [{ text: ask('POST /m/length', '', 'b'), cuts: [] }], ends: false };
  expect(difference(await both.fast(one), await both.general(one))).toBe('');
  expect(difference(await both.fast(one), await both.general(other))).not.toBe('');
});

test('two requests in one packet, and a body that brings the next head with it', async () => {
  const { fast } = await played(ask('POST /m/length', '', 'first') + ask('POST /m/chunked', '', 'second'));
  expect(statuses(fast)).toEqual(['200', '200']);
  expect(fast.requests.map((request) => request.split('\n').at(-1)).sort()).toEqual(['first', 'second']);
});

test('two requests, cut in two at every boundary', async () => {
  const text = ask('POST /m/length', 'X-A: b\r\n', 'first') + ask('POST /m/chunked', '', 'second');
  const whole = await both.general({ steps: [{ text, cuts: [] }], ends: false });
  expect(statuses(whole)).toEqual(['200', '200']);
  for (let cut = 1; cut < text.length; cut++) {
    const play = { steps: [{ text, cuts: [cut] }], ends: false };
    expect(await both.fast(play), `cut at ${cut}`).toEqual(whole);
    expect(await both.general(play), `cut at ${cut}`).toEqual(whole);
  }
});

test('a request in fifty packets', async () => {
  const play = {
    steps: [{ text: ask('POST /m/length', 'X-A: b\r\n', 'x'.repeat(50)), cuts: 'every' as const }],
    ends: false,
  };
  expect(await both.fast(play)).toEqual(await both.general(play));
});

test.each([
  ['too few bytes', 'short', ['200']],
  ['too many bytes', 'over', ['200', '200']],
  ['two answers to one request', 'twice', ['200', '200']],
  ['an answer before the body', 'early', ['200', '200']],
  ['an answer, and a reset of the connection it had promised to keep', 'stale', ['200', '200']],
])('an upstream that gives %s: what the next request gets is its own', async (_, way, expected) => {
  const steps = [`POST /m/${way}`, 'POST /m/length'].map((line) => ({ text: ask(line, '', 'body'), cuts: [] }));
  const outcome = {
    fast: await both.fast({ steps, ends: false }),
    general: await both.general({ steps, ends: false }),
  };
  expect(statuses(outcome.fast)).toEqual(expected);
  expect(difference(outcome.fast, outcome.general)).toBe('');
  expect(outcome.fast.answers.join('')).not.toContain('poison');
  expect(outcome.fast.closed).toBe(way === 'short');
});

test('a connection goes to the general lane in the middle of its life, and comes to no harm', async () => {
  const plain = ask('POST /m/length', '', 'plain');
  const chunked = `${ask('POST /m/length', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`;
  const { fast, general } = await played(plain + chunked + plain + ask('GET /healthz') + plain);
  expect(statuses(fast)).toEqual(['200', '200', '200', '200', '200']);
  expect(fast).toEqual(general);
});

// What the search has found in the general lane, before its fix.

test.each([
  ['is refused for what it says', ask('POST /m/length', 'Transfer-Encoding: identity\r\n')],
  ['cannot be read', 'garbage\r\n\r\n'],
  ['cannot be read, in the middle of a body', `${ask('POST /m/length', 'Transfer-Encoding: chunked\r\n')}xyz\r\n`],
  ['is a CONNECT', ask('CONNECT a:443')],
])('a long answer stays whole where the request behind it %s', async (_, behind) => {
  const { fast, general } = await played(ask('POST /m/long', '', 'a') + behind + 'b'.repeat(30_000));
  for (const { answers } of [fast, general]) {
    expect(answers[0]?.length).toBeGreaterThan(200_000);
    expect(answers[0]?.endsWith('b')).toBe(true);
  }
});

test('an interim answer never comes between a head and its body', async () => {
  const { fast, general } = await played(ask('POST /m/long', '', 'a') + ask('POST /m/hint', '', 'b'));
  expect(statuses(fast)).toEqual(['200', '103', '200']);
  expect(statuses(general)).toEqual(['200', '200']);
  const play = {
    steps: [{ text: ask('POST /m/long', '', 'a') + ask('POST /m/length', 'Expect: 100-continue\r\n', 'b'), cuts: [] }],
    ends: false,
  };
  for (const { answers } of [await both.fast(play), await both.general(play)]) {
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 ')).length).toBe(2);
    expect(answers.join('')).not.toContain('left over');
  }
});

test('a request that is wrong further on spoils no answer before it, whoever would have answered it', async () => {
  const elsewhere = `${ask('GET /elsewhere', 'Transfer-Encoding: chunked\r\n')}xyz\r\n`;
  const { fast, general } = await played(ask('POST /m/long', '', 'a') + elsewhere);
  for (const { answers, closed } of [fast, general]) {
    expect(answers[0]?.length).toBeGreaterThan(200_000);
    expect(closed).toBe(true);
  }
});

test('requests behind one that closes the connection leave nothing behind', async () => {
  const closing = ask('POST /m/length', 'Host: other.test\r\n');
  const { fast, general } = await played(
    closing + ask('POST /m/hint', '', 'b'.repeat(9000)) + ask('POST /m/long', '', 'c'),
  );
  expect([statuses(fast), statuses(general)]).toEqual([['400'], ['400']]);
});
