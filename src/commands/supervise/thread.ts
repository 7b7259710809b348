// A worker thread as the supervisor sees it: typed messages both ways, and an end that never goes unnoticed.

import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { MessageChannel, Worker } from 'node:worker_threads';

export interface Thread<Setup, In, Out> {
  /** What the thread waits for, once its code is loaded. Once. */
  begin(setup: Setup, transfer?: readonly MessagePort[]): void;
  say(message: Out, transfer?: readonly (ArrayBuffer | MessagePort)[]): void;
  /** Resolves with the next message that `pick` accepts; rejects once the thread has ended. */
  next<Picked extends In>(pick: (message: In) => message is Picked): Promise<Picked>;
  next(pick: (message: In) => boolean): Promise<In>;
  /** Every message, for as long as the thread lives. */
  onMessage(take: (message: In) => void): void;
  /** Where the thread ends although nobody asked it to, or has. */
  onEnd(take: (problem: Error) => void): void;
  terminate(): Promise<void>;
}

/** @param entry file of the thread; beside the sources it is a .ts file, in a build a .js one */
export function startThread<Setup, In, Out>(entry: URL, name: string): Thread<Setup, In, Out> {
  const { port1, port2 } = new MessageChannel();
  // Only the thread itself keeps the process alive, not the wait for its setup.
  port1.unref();
  const worker = new Worker(entry, {
    name,
    workerData: port2,
    transferList: [port2],
    env: { ...process.env, ...compileCache() },
  });
  const waiting = new Set<{ take(message: In): boolean; reject(problem: Error): void }>();
  const unexpected = Promise.withResolvers<Error>();
  let wanted = false;
  let dead: Error | null = null;

  worker.on('message', (message: In) => {
    for (const waiter of waiting) if (waiter.take(message)) waiting.delete(waiter);
  });
  const ended = (problem: Error): void => {
    dead ??= problem;
    for (const waiter of waiting) waiter.reject(problem);
    waiting.clear();
    if (!wanted) unexpected.resolve(problem);
    wanted = true;
  };
  worker.on('error', (error: Error) => ended(new Error(`thread ${name} failed: ${error.stack ?? error.message}`)));
  worker.on('exit', (code) => ended(new Error(`thread ${name} ended with code ${code}`)));

  return {
    begin(setup, transfer = []) {
      port1.postMessage(setup, transfer);
      port1.close();
    },
    onEnd: (take) => void unexpected.promise.then(take),
    say: (message, transfer = []) => worker.postMessage(message, transfer),
    next<Picked extends In>(pick: (message: In) => boolean) {
      return new Promise<Picked>((resolve, reject) => {
        if (dead !== null) {
          reject(dead);
          return;
        }
        waiting.add({
          take(message) {
            if (!pick(message)) return false;
            resolve(message as Picked);
            return true;
          },
          reject,
        });
      });
    },
    onMessage: (take) => worker.on('message', take),
    async terminate() {
      wanted = true;
      await worker.terminate();
    },
  };
}

/** Threads do not inherit the cache of compiled code that the main thread has enabled; by this variable they share it. */
function compileCache(): { readonly NODE_COMPILE_CACHE?: string } {
  const directory = getCompileCacheDir();
  // Its last part is that of this version of Node, which every user of the cache adds.
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
