// The accounts of capture as people and programs read them over the admin API: of this process, and of those that ended.

import type { AccountView, CapturesView } from '../admin/view.ts';
import type { Capture } from '../capture/capture.ts';
import { type CaptureCounts, sumOf } from '../capture/counters.ts';
import { capturesFolder } from '../capture/segments/folder.ts';

/** Processes that ended, the latest ones. */
const ENDED_MAX = 20;

/** @param data absolute path of the data folder */
export function capturesView(data: string, capture: Capture): CapturesView {
  const accounts = capture.accounts();
  return {
    folder: capturesFolder(data),
    replica: capture.replica,
    total: account(sumOf(accounts.values())),
    models: Array.from(accounts, ([model, counts]) => ({ model, ...account(counts) })),
    ended: capture.ended.slice(-ENDED_MAX).map(({ replica, end, at, total }) => ({
      replica,
      end,
      at: new Date(at).toISOString(),
      ...total,
    })),
  };
}

function account({ received, captured, sampledOut, dropped, pending, withheld }: CaptureCounts): AccountView {
  return { received, captured, sampledOut, dropped, pending, withheld };
}
