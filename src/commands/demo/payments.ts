// The simulated world of the demo: accounts, and the card payments they make. The same seed gives the same payments. From
// the incident on, amounts are sent in cents: the mistake that the gate should notice and nobody announces.

import type { Random } from '../../kernel/random.ts';
import type { Payment } from './fraud-model.ts';

export interface SimulatedPayment {
  /** The unit that the split sticks to. */
  readonly account: string;
  readonly payment: Payment;
}

export interface PaymentSource {
  /** @param inCents whether the caller has begun to send cents instead of dollars */
  next(inCents: boolean): SimulatedPayment;
}

interface Account {
  readonly name: string;
  readonly ageDays: number;
  readonly abroadOften: boolean;
  /** Mean payments a day. */
  readonly activity: number;
}

interface Category {
  readonly name: string;
  readonly weight: number;
  /** Dollars. */
  readonly medianAmount: number;
  readonly cardPresent: number;
}

const ACCOUNTS = 5000;
/** Spread of ln(amount) within a category. */
const AMOUNT_SIGMA = 0.7;

const CATEGORIES: readonly Category[] = [
  { name: 'grocery', weight: 0.3, medianAmount: 32, cardPresent: 0.95 },
  { name: 'restaurant', weight: 0.2, medianAmount: 27, cardPresent: 0.9 },
  { name: 'online', weight: 0.2, medianAmount: 45, cardPresent: 0 },
  { name: 'fuel', weight: 0.12, medianAmount: 48, cardPresent: 1 },
  { name: 'electronics', weight: 0.07, medianAmount: 140, cardPresent: 0.5 },
  { name: 'travel', weight: 0.06, medianAmount: 260, cardPresent: 0.2 },
  { name: 'cash', weight: 0.05, medianAmount: 80, cardPresent: 1 },
];

const COUNTRIES: readonly { readonly name: string; readonly weight: number }[] = [
  { name: 'CA', weight: 0.35 },
  { name: 'MX', weight: 0.3 },
  { name: 'GB', weight: 0.15 },
  { name: 'FR', weight: 0.12 },
  { name: 'JP', weight: 0.08 },
];

/** Payments by hour of the day, midnight first. */
const HOURS: readonly { readonly name: number; readonly weight: number }[] = [
  0.4, 0.25, 0.15, 0.1, 0.1, 0.2, 0.6, 1.2, 1.8, 2, 2.1, 2.5, 3, 2.6, 2.2, 2.2, 2.5, 3, 3.2, 2.8, 2.2, 1.6, 1.1, 0.7,
].map((weight, name) => ({ name, weight }));

export function createPaymentSource(random: Random): PaymentSource {
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => openAccount(index, random));
  return {
    next(inCents) {
      const account = accounts[Math.floor(random() * accounts.length)];
      if (account === undefined) throw new Error('a uniform number in [0, 1) picks an account');
      return { account: account.name, payment: pay(account, inCents, random) };
    },
  };
}

function openAccount(index: number, random: Random): Account {
  return {
    name: `acct-${String(index).padStart(4, '0')}`,
    ageDays: Math.floor(30 + 3650 * random() ** 1.5),
    abroadOften: random() < 0.1,
    activity: 0.5 + 4 * random() ** 2,
  };
}

function pay(account: Account, inCents: boolean, random: Random): Payment {
  const category = pick(CATEGORIES, random);
  const abroad = random() < (account.abroadOften ? 0.4 : 0.03);
  const dollars = category.medianAmount * Math.exp(AMOUNT_SIGMA * normal(random));
  const cents = Math.max(1, Math.round(dollars * 100));
  return {
    amount: inCents ? cents : cents / 100,
    merchant_category: category.name,
    hour: pick(HOURS, random).name,
    distance_km: Number((abroad ? 400 + 6000 * random() : -6 * Math.log(1 - random())).toFixed(1)),
    country: abroad ? pick(COUNTRIES, random).name : 'US',
    account_age_days: account.ageDays,
    payments_24h: poisson(account.activity, random),
    card_present: random() < category.cardPresent,
  };
}

function pick<T extends { readonly weight: number }>(choices: readonly T[], random: Random): T {
  const total = choices.reduce((sum, choice) => sum + choice.weight, 0);
  let left = random() * total;
  const found = choices.find((choice) => {
    left -= choice.weight;
    return left < 0;
  });
  const chosen = found ?? choices.at(-1);
  if (chosen === undefined) throw new Error('there is nothing to pick from');
  return chosen;
}

/** Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Knuth, The Art of Computer Programming 2, section 3.4.1: fine for small means. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= random()) count += 1;
  return Math.max(0, count);
}
