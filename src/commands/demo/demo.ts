// `headgate demo`: the run of run.ts in the real world - this process's terminal, clock and signals, and the gate as
// `headgate serve` starts it.

import { systemClock } from '../../kernel/clock.ts';
import { EXIT } from '../exit-codes.ts';
import { serve } from '../serve.ts';
import { StartError } from '../start-error.ts';
import { type DemoOptions, runDemo } from './run.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns the exit code */
export async function demo(options: DemoOptions): Promise<number> {
  const over = new AbortController();
  const end = (): void => over.abort();
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    const answered = await runDemo(options, {
      startGate: (file) => serve({ file, env: process.env }),
      terminal: process.stdout,
      colours: process.stdout.isTTY && process.stdout.hasColors(),
      clock: systemClock,
      stop: over.signal,
      // Before the stack is printed, or it would vanish with the alternate screen.
      onCrash: (restore) => {
        process.once('uncaughtExceptionMonitor', restore);
        process.once('exit', restore);
      },
    });
    return answered ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
