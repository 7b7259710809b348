// The accounts of one process, model by model: the monitor's part, which capture.ts writes, joined with the gateways' part, which
// stands in shared memory. What belongs to no model any more - names that went with a reload, records whose slab could not be
// read - is one account more, under the empty name, so that the sum of all is always the process.

import type { CaptureDrop } from '../model.ts';
import {
  type CaptureAccount,
  type CaptureCounts,
  createAccount,
  type GatewayCounts,
  joined,
  noDrops,
  sumOf,
} from './counters.ts';

/** The gateways' part; read at the moment it is asked for. */
export interface GatewayAccounts {
  /** Models that a gateway has counted for, and that were not let go. */
  models(): Iterable<string>;
  of(model: string): GatewayCounts | undefined;
  /** @returns false where a gateway may still count for it */
  release(model: string): boolean;
  /** Of the models that were let go. */
  past(): GatewayCounts;
}

export interface Accounts {
  of(model: string): CaptureAccount;
  counts(model: string): CaptureCounts;
  /** By model; under '' what belongs to none. */
  all(): ReadonlyMap<string, CaptureCounts>;
  /** Records that cannot be told apart any more: received by their models, and lost. */
  lost(reason: CaptureDrop, records: number): void;
  /** Forget all models but these, and those of which something is pending or a gateway may still count: both parts at once. */
  retain(models: Iterable<string>): void;
}

export function createAccounts(gateways: GatewayAccounts | null): Accounts {
  const accounts = new Map<string, CaptureAccount>();
  /** Dropped here, pending in the accounts of their models for ever: a fault of the program, and told as one. */
  const unnamed = noDrops();
  let forgotten: CaptureCounts = createAccount('');

  function counts(model: string): CaptureCounts {
    return joined(accounts.get(model) ?? createAccount(model), gateways?.of(model));
  }

  function nobodys(): CaptureCounts {
    const lost = Object.values(unnamed).reduce((sum, count) => sum + count, 0);
    const own = joined(forgotten, gateways?.past());
    return sumOf([own, { ...createAccount(''), dropped: unnamed, pending: -lost }]);
  }

  return {
    of(model) {
      let account = accounts.get(model);
      if (account === undefined) {
        account = createAccount(model);
        accounts.set(model, account);
      }
      return account;
    },
    counts,
    all() {
      const all = new Map<string, CaptureCounts>();
      for (const model of new Set([...accounts.keys(), ...(gateways?.models() ?? [])])) all.set(model, counts(model));
      all.set('', nobodys());
      return all;
    },
    lost(reason, records) {
      unnamed[reason] += records;
    },
    retain(models) {
      const kept = new Set(models);
      const counted = new Set(gateways?.models() ?? []);
      for (const model of new Set([...accounts.keys(), ...counted])) {
        const account = accounts.get(model);
        if (kept.has(model) || (account?.pending ?? 0) > 0) continue;
        if (counted.has(model) && gateways?.release(model) !== true) continue;
        if (account === undefined) continue;
        accounts.delete(model);
        forgotten = sumOf([forgotten, account]);
      }
    },
  };
}
