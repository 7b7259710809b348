// CPU time of a candidate: user and system time of its whole process tree, all threads, from /proc (proc(5)).
// The kernel scales these counters by the scheduler's exact run time, so that only the last tick (10 ms) is rounded.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** USER_HZ: fixed at 100 on every Linux that Node runs on. */
const TICK_US = 10_000;
const QUIET_MS = 100;
const SETTLE_MS = 3_000;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuUs: number;
  /** Of children that have ended. */
  readonly endedCpuUs: number;
  readonly residentPages: number;
}

function readStat(pid: number): Stat | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // ended since the folder was listed
  }
  // The name in brackets may hold spaces and brackets: fields are counted after the last one. Field 3 is the first there.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    cpuUs: (field(14) + field(15)) * TICK_US,
    endedCpuUs: (field(16) + field(17)) * TICK_US,
    residentPages: field(24),
  };
}

/** A process and all its descendants. */
function tree(root: number): Stat[] {
  const children = new Map<number, Stat[]>();
  let found: Stat | undefined;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (stat === undefined) continue;
    if (pid === root) found = stat;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [stat]);
    else siblings.push(stat);
  }
  const stats = found === undefined ? [] : [found];
  for (let i = 0; i < stats.length; i++) stats.push(...(children.get(stats[i]?.pid ?? -1) ?? []));
  return stats;
}

/** Microseconds of CPU that the tree has used since it started. */
export function treeCpuUs(root: number): number {
  return tree(root).reduce((sum, stat) => sum + stat.cpuUs, 0);
}

/** Resident memory of the tree; pages that its processes share count once for each. */
export function treeResidentMiB(root: number): number {
  return (tree(root).reduce((sum, stat) => sum + stat.residentPages, 0) * 4096) / 2 ** 20;
}

/** Time of all cores since the machine started, in ticks, as /proc/stat has it; kernel work for nobody in particular is left out. */
interface CoreTicks {
  readonly total: number;
  readonly used: number;
  readonly stolen: number;
  /** Of this process and all it has started, those that have ended included. */
  readonly own: number;
}

function coreTicks(): CoreTicks {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const ticks = line.trim().split(/ +/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = ticks;
  return {
    total: ticks.reduce((sum, value) => sum + value, 0),
    used: user + nice + system,
    stolen,
    own: tree(process.pid).reduce((sum, stat) => sum + stat.cpuUs + stat.endedCpuUs, 0) / TICK_US,
  };
}

/** Watch who uses the cores. @returns a function that says, as fractions of all cores since then, what others and the hypervisor took */
export function watchCores(): () => { readonly others: number; readonly stolen: number } {
  const before = coreTicks();
  return () => {
    const after = coreTicks();
    const total = Math.max(1, after.total - before.total);
    const others = after.used - before.used - (after.own - before.own);
    return { others: Math.max(0, others) / total, stolen: (after.stolen - before.stolen) / total };
  };
}

/** Wait until the tree is idle, so that work left for later (a lagging capture, a collection) is charged to those who left it. */
export async function settle(root: number): Promise<number> {
  const end = performance.now() + SETTLE_MS;
  let last = treeCpuUs(root);
  while (performance.now() < end) {
    await pause(QUIET_MS);
    const now = treeCpuUs(root);
    if (now - last <= TICK_US / 2) return now;
    last = now;
  }
  return last;
}
