// Which small files of the store become one: those of a day that is over, and those of today once they are many. Files whose
// typed columns differ stay apart, since to make one of two types could change a value.

import type { StoredFile } from './manifest.ts';

/** Files that become one. */
export interface Merge {
  readonly model: string;
  readonly date: string;
  readonly files: readonly StoredFile[];
}

/** A file of this size is left as it is, and no merge makes one of more. */
export const FILE_ROWS_MAX = 1_000_000;
export const FILE_BYTES_MAX = 256 * 1024 ** 2;
const SMALL = 0.5;
/** Of one model today. */
const FILES_TODAY_MAX = 12;

/** @param today as a partition is called; its merges of one day belong together @returns merges, oldest day first */
export function planMerges(files: Iterable<StoredFile>, today: string): Merge[] {
  const partitions = Map.groupBy([...files].filter(isSmall), ({ date, model, kept }) => `${date}/${model}/${kept}`);
  const merges: Merge[] = [];
  for (const [, members] of [...partitions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [{ model = '', date = '' } = {}] = members;
    if (members.length < 2 || (date >= today && members.length <= FILES_TODAY_MAX)) continue;
    for (const files of packed(members.sort((a, b) => a.from - b.from))) {
      if (files.length > 1) merges.push({ model, date, files });
    }
  }
  return merges;
}

function isSmall({ rows, bytes }: StoredFile): boolean {
  return rows < FILE_ROWS_MAX * SMALL && bytes < FILE_BYTES_MAX * SMALL;
}

function packed(files: readonly StoredFile[]): StoredFile[][] {
  const packs: StoredFile[][] = [];
  let [rows, bytes] = [Number.POSITIVE_INFINITY, 0];
  for (const file of files) {
    if (rows + file.rows > FILE_ROWS_MAX || bytes + file.bytes > FILE_BYTES_MAX) {
      packs.push([]);
      [rows, bytes] = [0, 0];
    }
    packs.at(-1)?.push(file);
    rows += file.rows;
    bytes += file.bytes;
  }
  return packs;
}

/** Parts of a merge whose columns agree wherever they have the same one. @param columns of each file: name -> type */
export function alike<File>(files: readonly File[], columns: (file: File) => ReadonlyMap<string, string>): File[][] {
  const groups: { readonly types: Map<string, string>; readonly files: File[] }[] = [];
  for (const file of files) {
    const own = columns(file);
    const fits = groups.find(({ types }) => [...own].every(([name, type]) => (types.get(name) ?? type) === type));
    const group = fits ?? { types: new Map<string, string>(), files: [] };
    if (fits === undefined) groups.push(group);
    for (const [name, type] of own) group.types.set(name, type);
    group.files.push(file);
  }
  return groups.map((group) => group.files);
}
