// Holds a candidate to the work it claims before anything is timed: an answer must come back as the upstream gave it, a body
// must arrive as it was sent, splits must split and stick, shadows must arrive, captures must be recorded. A candidate that
// does less than it claims would win by cheating; one that does more would lose unfairly.

import { Agent, request } from 'undici';
import type { Candidate, Running } from './candidate.ts';
import { BESIDE } from './placement.ts';
import { waitUntil } from './processes.ts';
import {
  bodyHash,
  REVISION_HEADER,
  type RecordedAnswer,
  type Recorders,
  recordedAnswer,
  startRecorders,
} from './recorders.ts';
import type { Upstreams } from './upstreams.ts';
import {
  answerBody,
  CHALLENGER_SHARE,
  type Dialect,
  PLAIN_DIALECT,
  requestBody,
  STICKY_HEADER,
  TARGET,
  unitName,
} from './workload.ts';

const REPEATED_UNITS = 100;
const AT_ONCE = 16;
const WITHIN_MS = 5_000;
const LAST_WORDS_MAX = 600;
const STATUSES = [200, 201, 404, 422];

interface Reply {
  readonly status: number;
  readonly revision: string;
  readonly contentType: string;
  readonly body: string;
}

type Ask = (unit: number, body: string, query?: string) => Promise<Reply>;

interface Thoroughness {
  /** How many units are asked for, the first hundred of them twice. */
  readonly units: number;
  /** How long shadows and records may take to show up. */
  readonly withinMs: number;
}

const THOROUGH: Thoroughness = { units: 800, withinMs: WITHIN_MS };

/** @throws with what the candidate did wrong */
export async function validate(candidate: Candidate, upstreams: Upstreams, thoroughness = THOROUGH): Promise<void> {
  await withRunning(candidate, startRecorders, (...its) => checkWork(...its, thoroughness));
  await withRunning(candidate, async () => ({ ...upstreams, stop: async () => {} }), checkMeasuredAnswer);
}

async function withRunning<T extends { ports: Upstreams['ports']; stop(): Promise<void> }>(
  candidate: Candidate,
  startTargets: () => Promise<T>,
  check: (candidate: Candidate, running: Running, ask: Ask, targets: T) => Promise<void>,
): Promise<void> {
  const targets = await startTargets();
  const agent = new Agent({ connections: AT_ONCE });
  try {
    const running = await candidate.start(targets.ports, BESIDE);
    const dialect = candidate.dialect?.(targets.ports) ?? PLAIN_DIALECT;
    try {
      await check(candidate, running, asker(agent, running.port, dialect), targets);
    } catch (error) {
      const words = running.died?.() ?? null;
      if (words === null) throw error;
      throw new Error(`it died: ${words.slice(-LAST_WORDS_MAX)}`, { cause: error });
    } finally {
      await running.stop();
    }
  } finally {
    await agent.destroy();
    await targets.stop();
  }
}

function asker(agent: Agent, port: number, dialect: Dialect): Ask {
  const more = Object.fromEntries(
    dialect.headers.map((line) => [line.replace(/:.*/, ''), line.replace(/^.*?: */, '')]),
  );
  return async (unit, body, query = '') => {
    const answer = await request(`http://127.0.0.1:${port}${dialect.pathPrefix}${TARGET}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [STICKY_HEADER]: unitName(unit), ...more },
      body,
      dispatcher: agent,
      headersTimeout: WITHIN_MS,
      bodyTimeout: WITHIN_MS,
    });
    return {
      status: answer.statusCode,
      revision: String(answer.headers[REVISION_HEADER] ?? ''),
      contentType: String(answer.headers['content-type'] ?? ''),
      body: await answer.body.text(),
    };
  };
}

async function checkWork(
  candidate: Candidate,
  running: Running,
  ask: Ask,
  recorders: Recorders,
  { units, withinMs }: Thoroughness,
): Promise<void> {
  const { split, mirror, capture, drift } = candidate.work;
  const bodies = [...STATUSES.map((status) => requestBody(status)), `{"long":"${'x'.repeat(20_000)}"}`];
  for (const [index, body] of bodies.entries()) {
    const status = STATUSES[index] ?? 200;
    checkAnswer(await ask(index, body, `?status=${status}`), status, body);
  }
  const versions = await askAll(ask, units);
  checkShares(versions, split);
  const again = await askAll(ask, REPEATED_UNITS);
  const moved = again.findIndex((version, unit) => version !== versions[unit]);
  if (moved >= 0) throw new Error(`unit ${unitName(moved)} did not stay with its version`);
  const sent = bodies.length + units + REPEATED_UNITS;
  await checkShadows(recorders, mirror ? sent : 0, withinMs);
  if (capture) await checkCaptured(running, mirror ? 2 * sent : sent, withinMs);
  if (drift)
    await waitUntil(
      'drift is watched for some columns',
      async () => ((await running.driftColumns?.()) ?? 0) > 0,
      undefined,
      withinMs,
    );
}

/** The answer must be the recorder's for exactly this body, whoever gave it. */
function checkAnswer(reply: Reply, status: number, body: string): RecordedAnswer {
  if (reply.status !== status)
    throw new Error(`answered ${reply.status} where the upstream answered ${status}: ${reply.body.slice(0, 200)}`);
  const answer = JSON.parse(reply.body) as RecordedAnswer;
  if (answer.received !== bodyHash(Buffer.from(body)))
    throw new Error('the request body did not arrive as it was sent');
  if (reply.body !== recordedAnswer(answer.version, Buffer.from(body))) throw new Error('the answer was altered');
  if (reply.contentType !== 'application/json') throw new Error(`content-type became ${reply.contentType}`);
  if (reply.revision !== `git:${answer.version}`)
    throw new Error(`header ${REVISION_HEADER} became "${reply.revision}"`);
  return answer;
}

/** The version that answered each of the first units. */
async function askAll(ask: Ask, units: number): Promise<string[]> {
  const versions: string[] = [];
  for (let start = 0; start < units; start += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, units - start) }, (_, index) => start + index);
    versions.push(
      ...(await Promise.all(
        batch.map(async (unit) => checkAnswer(await ask(unit, requestBody(unit)), 200, requestBody(unit)).version),
      )),
    );
  }
  return versions;
}

/** Four standard deviations of a binomial share: a sound splitter fails once in 16,000 choices of units, and units are fixed. */
function checkShares(versions: readonly string[], split: boolean): void {
  const challengers = versions.filter((version) => version === 'challenger').length;
  if (!split && challengers > 0)
    throw new Error(`${challengers} requests went to the challenger, although it does not split`);
  if (versions.includes('shadow')) throw new Error('the shadow answered a client');
  if (!split) return;
  const share = challengers / versions.length;
  const tolerance = 4 * Math.sqrt((CHALLENGER_SHARE * (1 - CHALLENGER_SHARE)) / versions.length);
  if (Math.abs(share - CHALLENGER_SHARE) > tolerance)
    throw new Error(`the challenger got ${(share * 100).toFixed(1)} % instead of ${CHALLENGER_SHARE * 100} %`);
}

async function checkShadows(recorders: Recorders, due: number, withinMs: number): Promise<void> {
  if (due > 0)
    await waitUntil(
      `the shadow receives ${due} requests`,
      async () => recorders.received('shadow').length >= due,
      undefined,
      withinMs,
    );
  const shadows = [...recorders.received('shadow')].sort();
  if (shadows.length !== due) throw new Error(`the shadow received ${shadows.length} requests instead of ${due}`);
  if (due === 0) return;
  const answered = [...recorders.received('champion'), ...recorders.received('challenger')].sort();
  if (shadows.join() !== answered.join())
    throw new Error('the shadow received other bodies than the versions that answered');
}

async function checkCaptured(running: Running, due: number, withinMs: number): Promise<void> {
  let captured = 0;
  const seen = async (): Promise<boolean> => {
    captured = (await running.captured?.()) ?? 0;
    return captured >= due;
  };
  await waitUntil(`${due} exchanges are captured`, seen, undefined, withinMs).catch((error: Error) => {
    throw new Error(`${error.message} Captured: ${captured}.`);
  });
}

/** Against the very upstreams of the measurement: the same answer as without the candidate. */
async function checkMeasuredAnswer(_candidate: Candidate, _running: Running, ask: Ask): Promise<void> {
  for (const unit of [0, 1, 2]) {
    const reply = await ask(unit, requestBody(unit));
    const expected = [answerBody('champion'), answerBody('challenger')];
    if (reply.status !== 200 || !expected.includes(reply.body))
      throw new Error(`answered ${reply.status} ${reply.body.slice(0, 200)} with the upstreams of the measurement`);
    if (reply.contentType !== 'application/json') throw new Error(`content-type became ${reply.contentType}`);
  }
}
