// The simulation: the same seed gives the same payments, and the incident changes the unit of one feature, nothing else.

import { describe, expect, it } from 'vitest';
import { createPaymentSource } from '../../src/commands/demo/payments.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

const take = (count: number, seed: number, inCents = false) => {
  const source = createPaymentSource(createSeededRandom(seed));
  return Array.from({ length: count }, () => source.next(inCents));
};

describe('simulated payments', () => {
  it('repeat with their seed', () => {
    expect(take(50, 1)).toEqual(take(50, 1));
    expect(take(50, 1)).not.toEqual(take(50, 2));
  });

  it('in cents are the same payments, times one hundred', () => {
    const dollars = take(500, 3);
    const cents = take(500, 3, true);
    for (const [index, { account, payment }] of dollars.entries()) {
      const other = cents[index];
      expect(other?.account).toBe(account);
      expect(other?.payment).toEqual({ ...payment, amount: Math.round(payment.amount * 100) });
    }
  });

  it('look like card payments', () => {
    const payments = take(4000, 4).map(({ payment }) => payment);
    const median = payments.map((p) => p.amount).sort((a, b) => a - b)[2000];
    expect(median).toBeGreaterThan(30);
    expect(median).toBeLessThan(60);
    expect(payments.filter((p) => p.country === 'US').length / payments.length).toBeGreaterThan(0.85);
    expect(new Set(payments.map((p) => p.merchant_category)).size).toBe(7);
    for (const p of payments) {
      expect(p.hour).toBeGreaterThanOrEqual(0);
      expect(p.hour).toBeLessThan(24);
      expect(p.payments_24h).toBeGreaterThanOrEqual(0);
      expect(Number.isInteger(p.payments_24h)).toBe(true);
    }
  });
});
