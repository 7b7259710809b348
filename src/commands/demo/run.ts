// The demo from curtain to curtain: model servers, the gate, callers, the live view, the incident; then everything is
// stopped in reverse order, whatever happened. The gate is started the way `headgate serve` starts it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.ts';
import { createSeededRandom } from '../../kernel/random.ts';
import { createAdminClient } from './admin-client.ts';
import { demoBaseline } from './baseline.ts';
import { type Callers, startCallers } from './callers.ts';
import { startModelServers } from './model-servers.ts';
import { createObserver, type Observer } from './observer.ts';
import { createPaymentSource } from './payments.ts';
import { type Scene, setScene } from './scene.ts';
import { createLiveScreen, createPlainScreen, type Screen, type Terminal } from './screen.ts';
import type { Story } from './story.ts';

export interface DemoOptions {
  /** Length of the run; null: until interrupted. */
  readonly seconds: number | null;
  /** Payments per second. */
  readonly rate: number;
  readonly seed: number;
  /** Lines instead of a live view. */
  readonly plain: boolean;
  /** Folder for configuration and captures that outlives the demo; null: a temporary one. */
  readonly keep: string | null;
  /** When the callers begin to send cents. */
  readonly incidentSeconds: number;
}

/** The gate under way, as far as the demo needs it. */
export interface DemoGate {
  readonly dataUrl: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export interface DemoWorld {
  readonly startGate: (file: string) => Promise<DemoGate>;
  readonly terminal: Terminal & { readonly isTTY?: boolean };
  readonly colours: boolean;
  readonly clock: Clock;
  /** Called once where the process ends in the middle of the run. */
  readonly onCrash?: (restore: () => void) => void;
  /** Between polls, and between frames; tests are in a hurry. */
  readonly pollMs?: number;
  readonly redrawMs?: number;
  /** Ends the run. */
  readonly stop: AbortSignal;
}

const POLL_MS = 1000;

/** @returns whether decisions were answered */
export async function runDemo(options: DemoOptions, world: DemoWorld): Promise<boolean> {
  const closers: (() => Promise<void> | void)[] = [];
  const say = (text: string): unknown => world.terminal.write(`${text}\n`);
  let story: Story | null = null;
  let scene: Scene | null = null;
  try {
    const servers = await startModelServers({ seed: options.seed });
    closers.push(() => servers.stop());
    const made = new Date(world.clock.wall()).toISOString();
    const baseline = demoBaseline(options.seed + 1, made);
    const set = await setScene({ ports: servers.ports, baseline, keep: options.keep });
    scene = set;
    closers.push(() => set.strike());
    for (const remark of set.remarks) say(remark);
    const gate = await world.startGate(set.file);
    closers.push(() => gate.stop());
    say(`gate ${gate.dataUrl}, admin ${gate.adminUrl}\nconfiguration ${set.file}`);

    const { callers, observer } = startCast(options, world, gate);
    closers.push(() => callers.stop());
    const screen = openScreen(options, world);
    closers.push(() => screen.close());
    world.onCrash?.(() => screen.close());
    await play(options, world, observer, screen);
    story = observer.story();
  } finally {
    for (const close of closers.reverse()) await Promise.resolve(close()).catch((error: unknown) => say(String(error)));
  }
  for (const line of summary(story, scene, options)) say(line);
  return story.callers.answered > 0;
}

function startCast(options: DemoOptions, world: DemoWorld, gate: DemoGate): { callers: Callers; observer: Observer } {
  const { clock } = world;
  const startedAt = clock.now();
  const observed: { by: Observer | null } = { by: null };
  const callers = startCallers({
    url: gate.dataUrl,
    rate: options.rate,
    payments: createPaymentSource(createSeededRandom(options.seed)),
    clock,
    inCents: () => observed.by?.inCents() ?? false,
  });
  const observer = createObserver({
    client: createAdminClient(gate.adminUrl),
    callers,
    clock,
    startedAt,
    rate: options.rate,
    urls: { data: gate.dataUrl, admin: gate.adminUrl },
    incidentMs: options.incidentSeconds * 1000,
  });
  observed.by = observer;
  return { callers, observer };
}

function openScreen(options: DemoOptions, world: DemoWorld): Screen {
  const live = world.terminal.isTTY === true && !options.plain;
  return live ? createLiveScreen(world.terminal, world.colours) : createPlainScreen(world.terminal);
}

/** Polls and redraws, each at its own pace, until the time is up or somebody ends it. */
async function play(options: DemoOptions, world: DemoWorld, observer: Observer, screen: Screen): Promise<void> {
  const over =
    options.seconds === null ? world.stop : AbortSignal.any([world.stop, AbortSignal.timeout(options.seconds * 1000)]);
  const each = async (ms: number, step: () => Promise<void> | void): Promise<void> => {
    while (!over.aborted) {
      await step();
      await sleep(ms, undefined, { signal: over }).catch(() => undefined);
    }
  };
  await Promise.all([
    each(world.pollMs ?? POLL_MS, observer.poll),
    each(world.redrawMs ?? screen.redrawMs, () => screen.show(observer.story())),
  ]);
  await observer.poll();
}

/** What stays on the terminal when the view is gone. */
export function summary(story: Story, scene: Pick<Scene, 'folder'>, options: Pick<DemoOptions, 'keep'>): string[] {
  const { callers, incident } = story;
  const lines = [
    `${callers.answered.toLocaleString('en-US')} decisions answered, ${callers.failed} failed, in ${Math.round(story.elapsedMs / 1000)} s.`,
  ];
  if (incident.beganMs !== null) {
    const at = Math.round(incident.beganMs / 1000);
    lines.push(
      incident.noticedMs === null
        ? `At ${at} s the callers began to send cents; drift had not been reported yet when the demo ended.`
        : `At ${at} s the callers began to send cents; ${Math.round((incident.noticedMs - incident.beganMs) / 1000)} s later the gate reported drift on amount.`,
    );
  }
  if (options.keep !== null) lines.push(`Configuration and captured decisions are in ${scene.folder}.`);
  return lines;
}
