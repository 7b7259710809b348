// The alarms on disk (`alarms.json` below `data`), so that after a restart none is told twice and none is lost. Written whole beside the
// old one, synchronised, then renamed. A file that cannot be read is put aside, never overwritten, and said.

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Alarm } from './alarm.ts';

const FORMAT = 'headgate-alarms/1';

const pathOf = (data: string): string => join(data, 'alarms.json');

/** @param report told of a file that could not be read */
export async function readAlarms(data: string, report: (message: string) => void): Promise<readonly Alarm[]> {
  const path = pathOf(data);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const alarms = parsed(text);
  if (alarms !== null) return alarms;
  const aside = `${path}.unreadable`;
  await rename(path, aside);
  report(`${path} is not a file of alarms of this version: it is now ${aside}, and what is open will be told again`);
  return [];
}

function parsed(text: string): readonly Alarm[] | null {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('format' in body) || body.format !== FORMAT) return null;
    const alarms = 'alarms' in body && Array.isArray(body.alarms) ? body.alarms : null;
    return alarms?.every(isAlarm) ? alarms : null;
  } catch {
    return null;
  }
}

const TEXTS = ['id', 'kind', 'model', 'version', 'role', 'side', 'feature', 'state'] as const;
const NUMBERS = ['episode', 'openedAt', 'since', 'evidence'] as const;

function isAlarm(value: unknown): value is Alarm {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    TEXTS.every((key) => typeof fields[key] === 'string') &&
    NUMBERS.every((key) => Number.isFinite(fields[key])) &&
    typeof fields.told === 'object' &&
    fields.told !== null
  );
}

/** @throws the error of the file system */
export async function writeAlarms(data: string, alarms: readonly Alarm[]): Promise<void> {
  const path = pathOf(data);
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o640);
  try {
    await file.writeFile(`${JSON.stringify({ format: FORMAT, alarms })}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}
