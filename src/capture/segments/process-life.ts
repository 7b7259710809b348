// Whether a process of this machine is at work, and whether it is the one that it was: numbers are given again, after a restart of
// the machine or of a container to the very next process. A birth tells two processes of one number apart, whatever the clock does.

import { readFileSync } from 'node:fs';

/** Whether a process of this machine exists; one that may not be signalled does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * The boot of the machine and the tick of it at which the process began (proc(5): field 22 of `stat`), in one word.
 * @returns '' where the process is not there or the system does not tell
 */
export function birthOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything: the fields that follow it begin with the third.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? '' : `${boot}:${ticks}`;
  } catch {
    return '';
  }
}
