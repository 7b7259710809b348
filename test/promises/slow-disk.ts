// A disk that is really slow: a file system of its own on a loop device. It is made to answer nothing at all (FIFREEZE, as a SAN that has
// lost its path does), or to take so many bytes a second (a cgroup's throttle on the device). Both need root.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SlowDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** From now on every write waits, and goes on after `thaw`. */
  freeze(): void;
  thaw(): void;
  /** What a process writes goes at this pace from now on. @returns how to lift it; undefined where cgroups do not offer it */
  throttle(pid: number, bytesPerSecond: number): (() => void) | undefined;
  remove(): void;
}

const BYTES = 256 * 1024 ** 2;

/** @returns undefined where this is not permitted */
export function makeSlowDisk(): SlowDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-slow-'));
  const [image, path] = [join(folder, 'image'), join(folder, 'disk')];
  const unmount = (): void => void runs('umount', ['-l', path]);
  mkdirSync(path);
  writeFileSync(image, '');
  truncateSync(image, BYTES);
  const isMade =
    runs('mkfs.ext4', ['-q', '-m', '0', image]) &&
    runs('mount', ['-o', 'loop', image, path]) &&
    runs('fsfreeze', ['--freeze', path]) &&
    runs('fsfreeze', ['--unfreeze', path]);
  if (!isMade) {
    unmount();
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  let isFrozen = false;
  const thaw = (): void => {
    if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', path]);
    isFrozen = false;
  };
  // Nothing that waits for it, not even to be killed, would end otherwise.
  process.once('exit', thaw);
  return {
    path,
    freeze() {
      execFileSync('fsfreeze', ['--freeze', path]);
      isFrozen = true;
    },
    thaw,
    throttle: (pid, bytesPerSecond) => throttle(deviceOf(path), pid, bytesPerSecond),
    remove() {
      thaw();
      unmount();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As cgroups name it: major:minor. */
function deviceOf(path: string): string {
  const { dev } = statSync(path);
  return `${dev >> 8}:${dev & 0xff}`;
}

function throttle(device: string, pid: number, bytesPerSecond: number): (() => void) | undefined {
  const group = `headgate-slow-${pid}`;
  const [first, second] = ['/sys/fs/cgroup/blkio', '/sys/fs/cgroup'];
  try {
    if (existsSync(first)) {
      mkdirSync(join(first, group));
      writeFileSync(join(first, group, 'blkio.throttle.write_bps_device'), `${device} ${bytesPerSecond}`);
      return joined(join(first, group), first, pid);
    }
    writeFileSync(join(second, 'cgroup.subtree_control'), '+io');
    mkdirSync(join(second, group));
    writeFileSync(join(second, group, 'io.max'), `${device} wbps=${bytesPerSecond}`);
    return joined(join(second, group), second, pid);
  } catch {
    return undefined;
  }
}

function joined(group: string, root: string, pid: number): () => void {
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return () => {
    writeFileSync(join(root, 'cgroup.procs'), String(pid));
    rmdirSync(group);
  };
}

function runs(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
