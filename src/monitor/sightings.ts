// What drift says of a column, and quality of a version, as a sighting for the alarms: drifting opens, steady ends. Where calls have
// stopped, all columns of a side are unknown: that is one alarm for them all, and their drift stays what it was. A column that is unknown
// for want of rows or of a baseline is no alarm.

import type { AlarmSubject, Sighting } from '../alarms/alarm.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Plan } from '../config/plan.ts';
import type { DriftEngine } from '../drift/engine.ts';
import { isPlanned } from '../drift/planned-roles.ts';
import type { DriftChange } from '../drift/verdict/drift-change.ts';
import { isSilent } from '../drift/verdict/verdict.ts';
import { ROLES } from '../model.ts';
import type { QualityChange } from '../quality/quality-view.ts';

export function sightingsOf(change: DriftChange): Sighting[] {
  const { model, version, role, side, feature, from, to, at, since, evidence, psi, hint } = change;
  const subject = { model, version, role, side };
  const { kind = null, lookAt = null } = change.cause ?? {};
  const where = change.where?.how === 'only' ? { key: change.where.key, value: change.where.value } : null;
  const cause = hint === null ? null : { text: hint, kind, where, lookAt };
  const drift = { ...subject, kind: 'drift', feature, at, since, evidence, psi, cause } as const;
  const gap = { ...subject, kind: 'gap', feature: '', at, since, evidence: 0, psi: null, cause: null } as const;
  if (isSilent({ status: to, unsure: change.unsure })) return [{ ...gap, is: 'on' }];
  const back: Sighting[] = from === 'unknown' ? [{ ...gap, is: 'off' }] : [];
  if (to === 'drifting') return [...back, { ...drift, is: 'on' }];
  return to === 'steady' && !change.isAnew ? [...back, { ...drift, is: 'off' }] : back;
}

/** A risk that cannot be told - no labels come - ends no alarm, and begins none. */
export function riskSightingsOf(change: QualityChange): Sighting[] {
  const { model, version, role, side, feature, to, at, since, evidence, psi, hint } = change;
  if (to !== 'drifting' && to !== 'steady') return [];
  const cause = to === 'steady' ? null : { text: hint, kind: null, where: null, lookAt: `headgate quality ${model}` };
  const subject = { model, version, role, side, feature };
  return [{ ...subject, kind: 'quality', is: to === 'drifting' ? 'on' : 'off', at, since, evidence, psi, cause }];
}

/**
 * What the engine knows at a start, where it was restored, and the alarms do not: a process may have ended between the two files.
 * @param atMs now
 */
export function reconcile(alarms: Alarms, drift: DriftEngine, models: readonly string[], atMs: number): void {
  const open = new Set(alarms.open().map(({ model }) => model));
  for (const model of models) {
    if (drift.summary(model)?.status !== 'drifting' && !open.has(model)) continue;
    for (const { version, role, side, feature, status, unsure, psi, hint, cause, where } of drift.report(model)
      ?.features ?? []) {
      if (status === 'warming') continue;
      const when = { at: atMs, since: atMs, evidence: 0 };
      const change = {
        model,
        version,
        role,
        side,
        feature,
        from: 'unknown',
        to: status,
        unsure,
        isAnew: false,
        psi,
        hint,
        cause,
        where,
        ...when,
      } as const;
      for (const sighting of sightingsOf(change)) alarms.see(sighting);
    }
  }
}

/** Whether a Plan still gives a version the role in which an alarm was raised. */
export function watchedBy({ models }: Plan): (subject: AlarmSubject) => boolean {
  const byName = new Map(models.map((model) => [model.name, model]));
  return ({ model, version, role }) => {
    const plan = byName.get(model);
    return plan !== undefined && ROLES.some((one) => one === role && isPlanned(plan, version, one));
  };
}
