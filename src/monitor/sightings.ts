// What drift says of a column, and quality of a version, as a sighting for the alarms: drifting opens, steady ends. A column that becomes unknown has no data, as
// all of its side have: that is one alarm for them all, and its drift stays what it was.

import type { AlarmSubject, Sighting } from '../alarms/alarm.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Plan } from '../config/plan.ts';
import type { DriftEngine } from '../drift/engine.ts';
import { isPlanned } from '../drift/planned-roles.ts';
import type { DriftChange } from '../drift/verdict/drift-change.ts';
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
  if (to === 'unknown') return [{ ...gap, is: 'on' }];
  const back: Sighting[] = from === 'unknown' ? [{ ...gap, is: 'off' }] : [];
  if (to === 'drifting') return [...back, { ...drift, is: 'on' }];
  return to === 'steady' ? [...back, { ...drift, is: 'off' }] : back;
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
    for (const { version, role, side, feature, status, psi, hint, cause, where } of drift.report(model)?.features ??
      []) {
      if (status !== 'drifting' && status !== 'steady') continue;
      const when = { at: atMs, since: atMs, evidence: 0 };
      const change = {
        model,
        version,
        role,
        side,
        feature,
        from: 'unknown',
        to: status,
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
