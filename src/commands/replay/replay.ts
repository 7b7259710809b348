// `headgate replay`: captured calls of a model, sent again to one of its versions or to any URL, and the answers compared with
// those on record. It asks no running gate, and writes nothing to the record. Ctrl-C ends it with the report of what was sent.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ModelPlan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import type { Payload, Table } from '../../protocols/protocol.ts';
import { protocolOf } from '../../protocols/registry.ts';
import { EXIT } from '../exit-codes.ts';
import { loadAllocated } from '../load-allocated.ts';
import { createProgress } from '../query-progress.ts';
import { atRate } from './pace.ts';
import { openRecorded, type RecordedCall } from './recorded.ts';
import { replayText, type Told } from './replay-text.ts';
import { createTally, type Tally } from './tally.ts';
import { type Target, targetOf } from './target.ts';

export interface ReplayOptions {
  readonly config: string;
  readonly model: string;
  readonly to: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly where: string | null;
  readonly rate: number;
  readonly concurrency: number;
  readonly limit: number;
  readonly tolerance: number;
  readonly asShadow: boolean;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** So many calls, the first ones, without one answer: nobody is there. */
const NO_ANSWER_MAX = 50;

/** @returns the exit code */
export async function runReplay(options: ReplayOptions): Promise<number> {
  const { config, to, stderr, stdout } = options;
  const loaded = loadAllocated(config, options.env);
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.config;
  }
  const { models, data } = loaded.plan;
  const model = models.find(({ name }) => name === options.model);
  if (model === undefined) {
    stderr.write(
      `error: no model is called ${options.model}; there are ${models.map(({ name }) => name).join(', ')}\n`,
    );
    return EXIT.usage;
  }
  if (URL.canParse(to) && new URL(to).username !== '') {
    stderr.write('error: --to takes no credentials; make it a version of the model, with auth\n');
    return EXIT.usage;
  }
  const target = targetOf(model, to, options.asShadow);
  if (target === undefined) {
    const names = model.versions.map(({ name }) => name).join(', ');
    stderr.write(`error: --to is a URL or a version of ${model.name}, and ${to} is neither; there are ${names}\n`);
    return EXIT.usage;
  }
  const folder = await mkdtemp(join(tmpdir(), 'headgate-replay-'));
  try {
    const { waited, found, ended, tally } = await replay(options, model, data, folder, target);
    const { tolerance, rate } = options;
    const told: Told = { model: model.name, to, tolerance, rate, waited, found, ended, ...tally.report() };
    stdout.write(options.json ? `${JSON.stringify(told, null, 2)}\n` : replayText(told));
    stderr.write(hintOf(told));
    return exitCodeOf(told);
  } catch (error) {
    stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.data;
  } finally {
    await target.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function exitCodeOf({ sent, answered, ended }: Told): number {
  if (ended === 'interrupted') return EXIT.interrupted;
  if (sent === 0) return EXIT.data;
  return answered === 0 ? EXIT.unavailable : EXIT.ok;
}

/** What to do about calls that were left out, and about none. */
function hintOf({ model, found, skipped }: Told): string {
  const hints = [
    found === 0 ? 'no call on record is asked for by --model, --from, --until and --where' : '',
    (skipped.redacted ?? 0) > 0
      ? `${skipped.redacted} requests are not what was sent any more: capture.redact or capture.hash of ${model} has taken values out of them`
      : '',
    (skipped.no_body ?? 0) > 0
      ? `${skipped.no_body} calls were recorded without their bodies: only capture.bodies: full can be sent again`
      : '',
    (skipped.over_limit ?? 0) > 0 ? `${skipped.over_limit} calls are beyond --limit` : '',
  ];
  return hints.map((hint) => (hint === '' ? '' : `${hint}\n`)).join('');
}

async function replay(
  options: ReplayOptions,
  model: ModelPlan,
  data: string,
  folder: string,
  target: Target,
): Promise<{ waited: number; found: number; ended: Told['ended']; tally: Tally }> {
  const { from, until, where, limit, rate, concurrency } = options;
  const tally = createTally(options.tolerance);
  const recorded = await openRecorded({ data, folder, model, from, until, where, limit });
  const progress = createProgress(options.stderr);
  const nobody = new AbortController();
  const total = Math.min(recorded.found, limit);
  let [done, sent, answered] = [0, 0, 0];
  if (recorded.found > limit) tally.skip('over_limit', recorded.found - limit);
  const show = (): void => {
    done += 1;
    progress.show(`replaying, ${done} of ${total}`, done / total);
  };
  const pace = {
    perSecond: rate,
    underWayMax: concurrency,
    now: () => performance.now(),
    signal: AbortSignal.any([options.signal, nobody.signal]),
  };
  try {
    const waited = await atRate(sendable(recorded.calls(), tally, show), pace, async (call) => {
      const answer = await target.send(call);
      if (answer.error !== null) tally.fail(answer.error);
      else {
        answered += 1;
        tally.add({
          decisionId: call.decisionId,
          recorded: {
            status: call.status,
            latencyMs: call.latencyMs,
            predictions: predictionsOf(model, call.status, call.response),
          },
          replayed: { ...answer, predictions: predictionsOf(model, answer.status, answer) },
        });
      }
      show();
      sent += 1;
      if (answered === 0 && sent >= NO_ANSWER_MAX) nobody.abort();
    });
    const ended = options.signal.aborted ? 'interrupted' : nobody.signal.aborted ? 'no_answer' : null;
    return { waited, found: recorded.found, ended, tally };
  } finally {
    progress.clear();
    recorded.close();
  }
}

async function* sendable(
  calls: AsyncIterable<RecordedCall>,
  tally: Tally,
  passed: () => void,
): AsyncGenerator<RecordedCall> {
  for await (const call of calls) {
    if (call.obstacle === null) yield call;
    else {
      tally.skip(call.obstacle);
      passed();
    }
  }
}

/** What came with an error is no prediction. */
function predictionsOf({ protocol }: ModelPlan, status: number, payload: Payload | null): Table | null {
  if (payload === null || status >= 400 || protocol === 'raw') return null;
  const reading = protocolOf(protocol).readResponse(payload);
  return reading.kind === 'table' ? reading.table : null;
}
