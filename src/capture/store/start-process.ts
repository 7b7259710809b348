// Starts a process that reads or writes the store: bounded in memory, with nothing of the gate's environment but what a program needs to run.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The entry as it lies beside this file: TypeScript in a clone, JavaScript in the package. */
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = fileURLToPath(new URL(`./store-process.${ENDING}`, import.meta.url));
const ENVIRONMENT = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ', 'LANG', 'HOME', 'NODE_COMPILE_CACHE'];

export function startStoreProcess(env: Readonly<Record<string, string | undefined>>): ChildProcess {
  return startProcess(ENTRY, env);
}

/** @param entry absolute path of its code */
export function startProcess(entry: string, env: Readonly<Record<string, string | undefined>>): ChildProcess {
  return fork(entry, [], {
    execArgv: ['--max-old-space-size=512'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: Object.fromEntries(ENVIRONMENT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  });
}
