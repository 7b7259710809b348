// The parts that the versions of a model play: who answers, who only watches, and with which share. One line of the traffic
// table each, whether or not anything has been counted yet.

import type { Role } from '../model.ts';
import type { ModelFacts } from './facts.ts';

export interface Part {
  readonly version: string;
  readonly role: Role;
  /** Of the decisions, 0 to 1; 0 for a part that the Plan no longer has. */
  readonly share: number;
}

/**
 * Parts of the Plan in its order, shadows last, then those that earlier Plans left in the counts: a champion that was
 * dethroned keeps the traffic it had.
 * @param wasSeen whether anything was counted for a version in a role
 */
export function partsOf(facts: ModelFacts, wasSeen: (version: string, role: Role) => boolean): Part[] {
  const answering: Part[] = facts.versions
    .filter(({ champion, share, name }) => champion || share > 0 || !isMirrored(facts, name))
    .map(({ name, share, champion }) => ({ version: name, role: champion ? 'champion' : 'challenger', share }));
  const shadows: Part[] = facts.mirrors.map(({ version, share }) => ({ version, role: 'shadow', share }));
  const planned = [...answering, ...shadows];
  const former = facts.versions.flatMap(({ name }) =>
    (['champion', 'challenger', 'shadow'] as const)
      .filter((role) => !planned.some((part) => part.version === name && part.role === role) && wasSeen(name, role))
      .map((role): Part => ({ version: name, role, share: 0 })),
  );
  return [...planned, ...former];
}

function isMirrored({ mirrors }: ModelFacts, version: string): boolean {
  return mirrors.some((mirror) => mirror.version === version);
}
