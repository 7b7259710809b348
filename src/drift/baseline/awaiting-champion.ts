// Columns of challengers that wait until the champion's column has its first rows, each under the group that it belongs to: a group
// that is forgotten takes its columns along, so that no more wait than there are columns under watch.

export interface AwaitingChampion {
  /** @param settle gives the column its reference if there is one by now; @returns whether it did */
  add(group: string, settle: () => boolean): void;
  /** Ask all of them again. */
  settle(): void;
  forget(group: string): void;
  readonly size: number;
}

export function createAwaitingChampion(): AwaitingChampion {
  const byGroup = new Map<string, Set<() => boolean>>();
  return {
    add(group, settle) {
      const columns = byGroup.get(group) ?? new Set();
      byGroup.set(group, columns.add(settle));
    },
    settle() {
      for (const [group, columns] of byGroup) {
        for (const one of columns) if (one()) columns.delete(one);
        if (columns.size === 0) byGroup.delete(group);
      }
    },
    forget(group) {
      byGroup.delete(group);
    },
    get size() {
      let size = 0;
      for (const columns of byGroup.values()) size += columns.size;
      return size;
    },
  };
}
