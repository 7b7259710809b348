// Starts the process that reads the record for quality: its entry lies beside this file, TypeScript in a clone, JavaScript in the package.

import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startProcess } from '../../capture/store/start-process.ts';

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = fileURLToPath(new URL(`./quality-process.${ENDING}`, import.meta.url));

export function startQualityProcess(env: Readonly<Record<string, string | undefined>>): ChildProcess {
  return startProcess(ENTRY, env);
}
