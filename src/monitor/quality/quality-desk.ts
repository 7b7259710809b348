// When quality is looked at: for the models that ask for it, as often as they say, in one process at a time, which is killed where it
// takes too long. The last look of each model is kept for whoever asks; a change of a status is told once.

import type { ChildProcess } from 'node:child_process';
import type { Plan, QualityPlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import { emptyView } from '../../quality/assess.ts';
import type { QualityChange, QualityStatus, QualityView, VersionQuality } from '../../quality/quality-view.ts';
import type { FromQualityProcess, QualityJob } from './messages.ts';

export interface QualityDesk {
  configure(plan: Plan): void;
  /** Look whether there is work; call it about once a second. */
  tick(): void;
  /** @returns undefined for a model that nobody configured */
  view(model: string): QualityView | undefined;
  views(): Iterable<QualityView>;
  /** Looks since the start, by what became of them. */
  readonly counts: { readonly succeeded: number; readonly failed: number };
  stop(): Promise<void>;
}

export interface QualityDeskOptions {
  readonly data: string;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly start: () => ChildProcess;
  readonly report: (message: string) => void;
  readonly onChange: (change: QualityChange) => void;
  readonly deadlineMs?: number;
}

/** A start should not be made slower by it. */
const FIRST_MS = 5000;
const DEADLINE_MS = 60 * 60_000;

interface Watched {
  readonly plan: QualityPlan | null;
  readonly basis: string;
  view: QualityView;
  dueAt: number;
}

export function createQualityDesk(options: QualityDeskOptions): QualityDesk {
  const { data, clock, report, onChange, deadlineMs = DEADLINE_MS } = options;
  const watched = new Map<string, Watched>();
  const counts = { succeeded: 0, failed: 0 };
  let child: ChildProcess | null = null;
  let working: Promise<void> | null = null;
  let stopped = false;
  /** What DuckDB may take elsewhere, it may take here. */
  let memoryBytes = 0;

  function configure({ models, captures }: Plan): void {
    memoryBytes = captures.store.memoryBytes;
    const kept = new Set(models.map(({ name }) => name));
    for (const name of watched.keys()) if (!kept.has(name)) watched.delete(name);
    for (const { name, quality } of models) {
      const basis = JSON.stringify(quality);
      if (watched.get(name)?.basis === basis) continue;
      const wait = quality === null ? Number.POSITIVE_INFINITY : Math.min(FIRST_MS, quality.everyMs);
      watched.set(name, { plan: quality, basis, view: emptyView(name, quality, null), dueAt: clock.now() + wait });
    }
  }

  async function run(names: readonly string[]): Promise<void> {
    const models = names.flatMap((name) => {
      const plan = watched.get(name)?.plan ?? null;
      return plan === null ? [] : [{ name, plan }];
    });
    const job: QualityJob = { data, memoryBytes, models };
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const waiting = new Set(names);
    const started = options.start();
    child = started;
    const late = setTimeout(() => started.kill('SIGKILL'), deadlineMs);
    started.on('message', (message: FromQualityProcess) => {
      const name = message.kind === 'assessed' ? message.view.model : message.model;
      waiting.delete(name);
      if (message.kind === 'assessed') take(message.view);
      else fail(name, message.problem);
    });
    started.on('error', () => resolve());
    started.on('exit', () => resolve());
    started.send(job, () => undefined);
    await ended;
    clearTimeout(late);
    child = null;
    if (!stopped) for (const name of waiting) fail(name, 'the process that reads the record ended before it was done');
  }

  function take(view: QualityView): void {
    const of = watched.get(view.model);
    if (of === undefined) return;
    counts.succeeded += 1;
    const before = of.view.versions;
    of.view = view;
    const level = of.plan?.falseAlarms ?? 1;
    for (const version of view.versions)
      tell(view, version, before.find((one) => isSame(one, version))?.status ?? 'warming', level);
  }

  function tell(
    { model, at }: QualityView,
    { version, role, status, risk, text }: VersionQuality,
    from: QualityStatus,
    falseAlarms: number,
  ): void {
    if (from === status) return;
    const now = at === null ? clock.wall() : Date.parse(at);
    const since = risk === null ? now : Date.parse(risk.since);
    // Less what was paid for the many tests: what is left reaches 1 / falseAlarms by chance once in 1 / falseAlarms lives at most.
    const evidence = risk === null ? 0 : Math.max(0, risk.evidence - risk.needed - Math.log(falseAlarms));
    onChange({
      model,
      version,
      role,
      side: 'response',
      feature: 'risk',
      from,
      to: status,
      at: now,
      since,
      evidence,
      psi: null,
      hint: text,
    });
  }

  function fail(model: string, problem: string): void {
    const of = watched.get(model);
    counts.failed += 1;
    report(`${data}: the quality of model ${model} could not be worked out: ${problem}`);
    if (of !== undefined) of.view = { ...of.view, problem };
  }

  configure(options.plan);
  return {
    configure,
    tick() {
      if (working !== null || stopped) return;
      const now = clock.now();
      const due = [...watched].filter(([, { dueAt }]) => dueAt <= now).map(([name]) => name);
      if (due.length === 0) return;
      working = run(due)
        .catch((error: unknown) => report(`${data}: ${String(error)}`))
        .finally(() => {
          working = null;
          // From its end: a look that takes long must not follow itself at once.
          for (const name of due) {
            const of = watched.get(name);
            if (of !== undefined && of.plan !== null) of.dueAt = clock.now() + of.plan.everyMs;
          }
        });
    },
    view: (model) => watched.get(model)?.view,
    *views() {
      for (const { view, plan } of watched.values()) if (plan !== null) yield view;
    },
    counts,
    async stop() {
      stopped = true;
      child?.kill();
      await working;
    },
  };
}

function isSame(one: VersionQuality, other: VersionQuality): boolean {
  return one.version === other.version && one.role === other.role;
}
