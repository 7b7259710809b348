// One sink at work: read a batch from the log, have it delivered, keep the cursor, go on. It holds one batch in memory and no
// more, whatever the other side does: what cannot be delivered stays in the log, and a sink that is dead costs nobody else.

import type { SinkPlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { capturesFolder, textOf } from '../segments/folder.ts';
import { createDelivery, type SinkTeller } from './delivery.ts';
import { gatherBatch } from './gather.ts';
import { type Lag, lagBehind } from './lag.ts';
import { type LogFeed, type LogProcess, type LogSource, openLogFeed } from './log-feed.ts';
import { LOG_START, type LogPosition } from './log-reader.ts';
import { createPause } from './pause.ts';
import type { OpenSink } from './sink.ts';
import type { SinkState } from './sink-state.ts';

export interface SinkRunnerOptions {
  readonly plan: SinkPlan;
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly process: LogProcess;
  readonly clock: Clock;
  readonly random: Random;
  readonly open: (plan: SinkPlan, wall: () => number) => Promise<OpenSink>;
  readonly tell: SinkTeller;
}

export interface SinkRunner {
  state(): SinkState;
  /** Deliver what is there, unless the other side fails or the time is over, and end. */
  stop(deadlineMs: number): Promise<void>;
}

const IDLE_FIRST_MS = 20;
const IDLE_LONGEST_MS = 500;
const SAVE_MS = 250;
const TOUCH_MS = 60_000;
/** Processes that die while this one lives leave logs, too. */
const LOOK_FOR_LEFT_MS = 30_000;
const LAG_MS = 2000;

export function startSinkRunner(options: SinkRunnerOptions): SinkRunner {
  const { plan, data, clock, random, tell } = options;
  const folder = capturesFolder(data);
  const halt = new AbortController();
  const pause = createPause();
  const delivery = createDelivery({ clock, random, pause, signal: halt.signal, tell });
  const { counts } = delivery;
  const due = { save: 0, touch: 0, left: 0 };
  let lag: Lag = { records: 0, bytes: 0 };
  let lagAt = clock.wall();
  /** Why the lag cannot be measured, or null. */
  let lagFault: string | null = null;
  /** Confirmed, in the log that is being read. */
  let reached: { readonly source: LogSource; readonly position: LogPosition } | null = null;
  let saved: LogPosition | null = null;
  let ownPosition = LOG_START;

  const isDue = (what: keyof typeof due, everyMs: number): boolean => {
    if (clock.now() < due[what]) return false;
    due[what] = clock.now() + everyMs;
    return true;
  };

  async function run(): Promise<void> {
    while (!pause.isOver) {
      try {
        const sink = await options.open(plan, clock.wall);
        try {
          await work(await openFeed(), sink);
        } finally {
          await sink.close();
        }
      } catch (error) {
        await delivery.trouble(error);
      }
    }
  }

  const openFeed = (): Promise<LogFeed> =>
    openLogFeed({
      data,
      sink: plan.name,
      from: plan.from,
      process: options.process,
      wall: clock.wall,
      report: tell.warn,
    });

  async function work(feed: LogFeed, sink: OpenSink): Promise<void> {
    const own = await feed.own();
    ownPosition = own.from;
    try {
      for (;;) {
        due.left = clock.now() + LOOK_FOR_LEFT_MS;
        for (let left = await feed.left(); left !== null && !pause.isOver; left = await feed.left()) {
          tell.info(`goes on with the records that ${left.replica} left behind`);
          try {
            await follow(feed, sink, left, left.from);
          } finally {
            await left.reader.close();
          }
        }
        ownPosition = await follow(feed, sink, own, ownPosition);
        if (pause.isOver) return;
      }
    } finally {
      await own.reader.close();
    }
  }

  /** Until a log that was left is at its end, until it is time to look for others, or until the sink is to end. */
  async function follow(feed: LogFeed, sink: OpenSink, source: LogSource, from: LogPosition): Promise<LogPosition> {
    reached = { source, position: from };
    saved = from;
    let idleMs = IDLE_FIRST_MS;
    for (;;) {
      const { position } = reached;
      const { records, end, cut } = await gatherBatch(source.reader, position, plan, clock, pause);
      if (cut > 0) skip(cut);
      if (records.length > 0) {
        const isDone = await delivery.deliver(sink, records, async (first) => {
          // Everything before the first open record is settled.
          reached = { source, position: records[records.indexOf(first) - 1]?.end ?? position };
          await save(feed, false);
        });
        if (!isDone) return reached.position;
      }
      const hasMoved = end.offset !== position.offset || end.serial !== position.serial;
      reached = { source, position: end };
      if (hasMoved) {
        idleMs = IDLE_FIRST_MS;
        if (isDue('save', SAVE_MS) || sink.isKnownByFirst === true) await save(feed, false);
        continue;
      }
      await save(feed, !source.isOwn);
      if (!source.isOwn || pause.isOver || clock.now() >= due.left) return end;
      await pause.wait(idleMs);
      idleMs = Math.min(IDLE_LONGEST_MS, idleMs * 2);
    }
  }

  function skip(cut: number): void {
    counts.skipped += cut;
    tell.warn(`${cut} records at most were deleted before they could be delivered; raise captures.keep`);
  }

  /** Never fails: without its cursor a sink only repeats itself after a restart. */
  async function save(feed: LogFeed, done: boolean): Promise<void> {
    if (reached === null || (reached.position === saved && !done)) return;
    const { source, position } = reached;
    try {
      await feed.save(source, position, done);
      saved = position;
    } catch (error) {
      tell.warn(`its cursor was not written: ${textOf(error)}; after a restart records are delivered once more`);
    }
  }

  async function measure(): Promise<void> {
    if (reached === null) return;
    const { source, position } = reached;
    // Failing or not: who reads these files takes a sink without a sign of life for one that is gone.
    if (isDue('touch', TOUCH_MS)) await source.touch();
    const lags = [await lagBehind(folder, source.replica, position)];
    // While a log is read that was left behind, that of this process waits.
    if (!source.isOwn) lags.push(await lagBehind(folder, options.process.replica, ownPosition));
    lag = {
      records: lags.reduce((sum, { records }) => sum + records, 0),
      bytes: lags.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Never fails: a lag that stands still is told, once as long as it is for the same reason. */
  async function watchLag(): Promise<void> {
    try {
      await measure();
      if (lagFault !== null) tell.info('its lag is measured again');
      [lagAt, lagFault] = [clock.wall(), null];
    } catch (error) {
      const fault = textOf(error);
      if (fault !== lagFault)
        tell.warn(`its lag cannot be measured: ${fault}; what is shown is of ${new Date(lagAt).toISOString()}`);
      lagFault = fault;
    }
  }

  const measuring = setInterval(() => void watchLag(), LAG_MS);
  measuring.unref();
  const ended = run();

  return {
    state: () => ({
      name: plan.name,
      type: plan.type,
      state: delivery.isFailing ? 'failing' : 'delivering',
      delivered: counts.delivered,
      refused: { ...counts.refused },
      retried: counts.retried,
      failures: { ...counts.failures },
      skipped: counts.skipped,
      lagRecords: lag.records,
      lagBytes: lag.bytes,
      lastDeliveredAt: delivery.lastDeliveredAt,
      lastFailure: delivery.lastFailure,
    }),
    async stop(deadlineMs) {
      pause.end();
      const late = setTimeout(() => halt.abort(), deadlineMs);
      await ended;
      clearTimeout(late);
      clearInterval(measuring);
    },
  };
}
