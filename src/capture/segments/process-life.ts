// Whether a process of this machine is at work, and whether it is the one that it was: numbers are given again, after a restart of
// the machine or of a container to the very next process. A birth tells two processes of one number apart, whatever the clock does.

import { readFileSync } from 'node:fs';

/** What a process has left, from which it can be known again. */
export interface LifeSign {
  /** As `birthOf` told it of the process; '' where it is not known. */
  readonly birth: string;
  /** Unix milliseconds at which it last wrote. */
  readonly atMs: number;
}

export type IsAlive = (pid: number, sign: LifeSign) => boolean;

/** A tick of the kernel as programs see it: USER_HZ, 100 a second on every Linux. */
const TICK_MS = 10;
/** Of a process whose birth is not known the clock decides, and clocks are set. */
const CLOCK_SLACK_MS = 60_000;

/** Whether the process of this machine that gave the sign is at work; another one that has its number by now is not. */
export const isAlive: IsAlive = (pid, { birth, atMs }) => {
  if (!exists(pid)) return false;
  if (birth !== '') {
    const now = birthOf(pid);
    return now === '' || now === birth;
  }
  const bornMs = bornAt(pid);
  return bornMs === undefined || bornMs <= atMs + CLOCK_SLACK_MS;
};

/** One that may not be signalled exists. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Unix milliseconds; undefined where the system does not tell. */
function bornAt(pid: number): number | undefined {
  try {
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    const ticks = ticksOf(pid);
    return boot === undefined || ticks === undefined ? undefined : Number(boot) * 1000 + Number(ticks) * TICK_MS;
  } catch {
    return undefined;
  }
}

/**
 * The boot of the machine and the tick of it at which the process began (proc(5): field 22 of `stat`), in one word.
 * @returns '' where the process is not there or the system does not tell
 */
export function birthOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const ticks = ticksOf(pid);
    return ticks === undefined ? '' : `${boot}:${ticks}`;
  } catch {
    return '';
  }
}

/** @throws where the process is not there */
function ticksOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything: the fields that follow it begin with the third.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
