// Ten faults as they happen before models, staged on the card holders' decisions: what each does to the rows, and what somebody who
// looks at drift must be told of it - which columns, which kind, which caller or segment. Tests of finding and of naming share them.

import type { Random } from '../../src/kernel/random.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { type CardDecision, decide, type Features, nextScorecard } from './card-decisions.ts';

/** The kind of cause, in the words of issue 6. */
export type FaultKind =
  | 'null rate'
  | 'new category'
  | 'stuck value'
  | 'unit change'
  | 'sign'
  | 'range'
  | 'type'
  | 'mix of segments'
  | 'caller'
  | 'version';

export interface StagedFault {
  readonly kind: FaultKind;
  /** What went wrong, as its culprit would put it. */
  readonly what: string;
  /** The columns it is in, any of which may be named first; empty where no column of the request is changed. */
  readonly features: readonly string[];
  /** Where it lives, if not everywhere. */
  readonly where: { readonly key: string; readonly value: string } | null;
  /** The decisions as they go through the gate with the fault in place; of the same length. */
  stage(decisions: readonly CardDecision[], random: Random): CardDecision[];
}

type Change = (value: Value | undefined) => Value | undefined;

/** @param share of the rows */
const changing =
  (name: string, change: Change, share = 1): StagedFault['stage'] =>
  (decisions, random) =>
    decisions.map((decision) => {
      if (random() >= share) return decision;
      return changed(decision, { [name]: change(decision.features[name]) });
    });

const changed = ({ features, caller }: CardDecision, changes: Features): CardDecision =>
  decide({ ...features, ...changes }, caller);

export const STAGED_FAULTS: readonly StagedFault[] = [
  {
    kind: 'null rate',
    what: 'a join upstream loses one row in ten: no BILL_AMT1 for them',
    features: ['BILL_AMT1'],
    where: null,
    stage: changing('BILL_AMT1', () => null, 0.1),
  },
  {
    kind: 'new category',
    what: 'a form has a new choice, "doctorate", that no model has seen',
    features: ['EDUCATION'],
    where: null,
    stage: changing('EDUCATION', () => 'doctorate', 0.1),
  },
  {
    kind: 'stuck value',
    what: "a cache answers with one customer's payment for everybody",
    features: ['PAY_AMT1'],
    where: null,
    stage: changing('PAY_AMT1', () => 2100),
  },
  {
    kind: 'unit change',
    what: 'limits come in cents: x100',
    features: ['LIMIT_BAL'],
    where: null,
    stage: changing('LIMIT_BAL', (value) => Number(value) * 100),
  },
  {
    kind: 'sign',
    what: "bills are booked from the bank's side: the sign is turned",
    features: ['BILL_AMT2'],
    where: null,
    stage: changing('BILL_AMT2', (value) => -Number(value)),
  },
  {
    kind: 'range',
    what: 'an unknown age is sent as 999 for one customer in seven',
    features: ['AGE'],
    where: null,
    stage: changing('AGE', () => 999, 1 / 7),
  },
  {
    kind: 'type',
    what: 'a serializer puts payments in quotes: texts instead of numbers',
    features: ['PAY_AMT2'],
    where: null,
    stage: changing('PAY_AMT2', (value) => String(value)),
  },
  {
    kind: 'mix of segments',
    what: 'a campaign brings graduates, four times as many as before; within each group nothing changed',
    features: ['EDUCATION'],
    where: { key: 'EDUCATION', value: 'graduate school' },
    stage(decisions, random) {
      const graduates = decisions.filter(({ features }) => features.EDUCATION === 'graduate school');
      return decisions.map((decision) =>
        random() < 0.6 ? (graduates[Math.floor(random() * graduates.length)] ?? decision) : decision,
      );
    },
  },
  {
    kind: 'caller',
    what: 'a release of the mobile app swaps bill and payment of the last month',
    features: ['BILL_AMT1', 'PAY_AMT1'],
    where: { key: 'caller', value: 'mobile' },
    stage: (decisions) =>
      decisions.map((decision) => {
        const { BILL_AMT1, PAY_AMT1 } = decision.features;
        return decision.caller === 'mobile'
          ? changed(decision, { BILL_AMT1: PAY_AMT1, PAY_AMT1: BILL_AMT1 })
          : decision;
      }),
  },
  {
    kind: 'version',
    what: 'the model server loads its next revision behind the same URL: the same inputs, other answers',
    features: [],
    where: null,
    stage: (decisions) => decisions.map(({ features, caller }) => decide(features, caller, nextScorecard)),
  },
];
