// The open-loop generator in a process of its own, so that neither its work nor its collections are mixed with the
// benchmark's. generator-process.ts is the other end.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { OpenLoopOrder, OpenLoopResult } from './open-loop.ts';

export type GeneratorReply =
  | { readonly kind: 'result'; readonly result: OpenLoopResult }
  | { readonly kind: 'failed'; readonly why: string };

export interface Generator {
  run(order: OpenLoopOrder): Promise<OpenLoopResult>;
  stop(): void;
}

export function startGenerator(): Generator {
  const child = fork(fileURLToPath(new URL('./generator-process.ts', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    async run(order) {
      const reply = await ask(child, order);
      if (reply.kind === 'failed') throw new Error(`load generator: ${reply.why}`);
      return reply.result;
    },
    stop: () => child.disconnect(),
  };
}

function ask(child: ChildProcess, order: OpenLoopOrder): Promise<GeneratorReply> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the load generator ended'));
    child.once('exit', ended);
    child.once('message', (reply) => {
      child.off('exit', ended);
      resolve(reply as GeneratorReply);
    });
    child.send(order);
  });
}
