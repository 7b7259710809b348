// The property of the lanes: whatever a client sends, and however it is cut, it gets the same bytes from a gate with the fast
// lane as from one without, and the upstream sees the same requests.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Play, Played } from './both-lanes.ts';
import { bothLanes } from './both-lanes.ts';
import type { Checked } from './checked.ts';
import { cuts, mutated } from './mutations.ts';
import { request, tame } from './request-bytes.ts';

const whole = request.map(({ head, body }) => head + body);

const text = fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: mutated(whole).map(tame) });

const step = (most: number): fc.Arbitrary<Play['steps'][number]> =>
  fc.record({ text: fc.array(text, { minLength: 1, maxLength: most }).map((texts) => texts.join('')), cuts });

const play: fc.Arbitrary<Play> = fc.record({
  steps: fc.oneof(
    // One after the other, on one connection.
    fc.array(step(1), { minLength: 1, maxLength: 4 }),
    // Pipelined; node:http gives no 100 to a request that waits behind another.
    fc
      .array(step(4), { minLength: 1, maxLength: 2 })
      .map((steps) =>
        steps.map((each) => ({ ...each, text: tame(each.text.replaceAll('Expect: 100', 'X-Expect: 100')) })),
      ),
  ),
  ends: fc.boolean(),
});

/** Early hints: the general lane has none for an answer that waits behind another. */
const isHint = (answer: string): boolean => answer.startsWith('HTTP/1.1 103 ');

/** A refusal, or the gate's own word on its health. */
const isOwn = (answer: string | undefined): boolean =>
  answer !== undefined && (/\r\nheadgate-error: /.test(answer) || !/\r\nheadgate-version: /.test(answer));

/** Answers without the gate's own at the end, and without what tells whether the last of them was known to be the last. */
function answered(answers: readonly string[]): string[] {
  const kept = answers.slice();
  while (isOwn(kept.at(-1))) kept.pop();
  const last = kept.pop();
  if (last !== undefined) kept.push(last.replace(/^(?:connection|keep-alive): .*\r\n/gim, ''));
  return kept;
}

/** The requests that were answered, by what the upstream told in each answer. */
function requestsOf({ requests }: Played, answers: readonly string[]): readonly string[] {
  const told = new Set(answers.map((answer) => /\r\nX-Told: (\w+)\r\n/.exec(answer)?.[1]));
  return requests.filter((one) => told.has(one.slice(0, one.indexOf('\n'))));
}

/**
 * Where a side closed behind the answer to a request whose body had not all come: index of that answer, or -1. Whether the rest
 * of the body comes before or behind the end of an early answer is a race that either lane may win or lose.
 */
function closedEarly({ answers, requests, closed }: Played): number {
  const last = answers.at(-1);
  const told = last === undefined ? undefined : /\r\nX-Told: (\w+)\r\n/.exec(last)?.[1];
  const isEarly = requests.some((one) => one.startsWith(`${told}\n`) && /^\w+\n\S+ \/m\/early\b/.test(one));
  return closed && isEarly ? answers.length - 1 : -1;
}

/**
 * @returns how the two differ, or ''
 *
 * llhttp reads ahead of the answers that are still to be given; the fast lane reads one request at a time. So where a request
 * behind another one is at fault, and the connection is closed for it,
 * - the general lane may know early, and say with the answer before that it is the last, in place of a refusal;
 * - of two faults either may be seen first;
 * - a request that is not answered may have been sent on by either.
 */
export function difference(fast: Played, general: Played): string {
  const [ours, theirs] = [fast, general].map((one) => ({
    ...one,
    answers: one.answers.filter((each) => !isHint(each)),
  }));
  if (ours === undefined || theirs === undefined || isDeepStrictEqual(ours, theirs)) return '';
  const ends = [closedEarly(ours), closedEarly(theirs)].filter((end) => end !== -1);
  const upTo = (answers: readonly string[]) =>
    answered(ends.length === 0 ? answers : answers.slice(0, Math.min(...ends) + 1));
  const answers = upTo(ours.answers);
  const same =
    (ends.length > 0 || (ours.closed && theirs.closed)) &&
    isDeepStrictEqual(answers, upTo(theirs.answers)) &&
    isDeepStrictEqual(requestsOf(ours, answers), requestsOf(theirs, answers));
  return same ? '' : `fast: ${JSON.stringify(fast)}, general: ${JSON.stringify(general)}`;
}

export async function lanesAlike(): Promise<Checked> {
  const both = await bothLanes();
  const property = fc.asyncProperty(play, async (one: Play) => {
    const apart = difference(await both.fast(one), await both.general(one));
    if (apart !== '') throw new Error(apart);
  });
  return { property, close: both.close };
}
