// `headgate demo`: the run of run.ts in the real world - this process's terminal, clock and signals, and the gate as
// `headgate serve` starts it.

import { systemClock } from '../../kernel/clock.ts';
import { serve } from '../serve.ts';
import { type DemoOptions, runDemo } from './run.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns the exit code */
export async function demo(options: DemoOptions): Promise<number> {
  const over = new AbortController();
  const end = (): void => over.abort();
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    return await runDemo(options, {
      startGate: (file) => serve({ file, env: process.env }),
      terminal: process.stdout,
      colours: process.stdout.isTTY && process.stdout.hasColors() && process.env['NO_COLOR'] === undefined,
      clock: systemClock,
      stop: over.signal,
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
