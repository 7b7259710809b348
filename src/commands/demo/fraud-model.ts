// The demo's decision: how likely a card payment is fraud, by logistic regression. Three monthly trainings of the same model
// differ slightly in their coefficients, as retrained models do. Pure mathematics; model-server.ts puts it behind HTTP.

/** What a caller sends for one payment. Names and order are those of the request's inputs. */
export interface Payment {
  /** Dollars, until somebody sends cents. */
  readonly amount: number;
  readonly merchant_category: string;
  /** Of the day where the card is, 0 to 23. */
  readonly hour: number;
  /** From the account's home, in kilometres. */
  readonly distance_km: number;
  readonly country: string;
  readonly account_age_days: number;
  readonly payments_24h: number;
  readonly card_present: boolean;
}

export const DEMO_MODEL = 'card-fraud';

/** In the order of their roles in the demo: champion, challenger, shadow. */
export const DEMO_VERSIONS = ['march', 'april', 'may'] as const;
export type DemoVersion = (typeof DEMO_VERSIONS)[number];

interface Coefficients {
  readonly intercept: number;
  /** Per unit of ln(1 + dollars): what makes a change of unit so harmful. */
  readonly logAmount: number;
  readonly night: number;
  /** Per unit of ln(1 + km). */
  readonly logDistance: number;
  readonly abroad: number;
  /** Per unit of ln(1 + days). */
  readonly logAge: number;
  readonly payments: number;
  readonly cardPresent: number;
  readonly category: Readonly<Record<string, number>>;
}

const COEFFICIENTS: Readonly<Record<DemoVersion, Coefficients>> = {
  march: {
    intercept: -5.1,
    logAmount: 0.52,
    night: 0.8,
    logDistance: 0.21,
    abroad: 0.7,
    logAge: -0.18,
    payments: 0.12,
    cardPresent: -0.6,
    category: { online: 0.5, electronics: 0.6, travel: 0.3, cash: 0.4 },
  },
  april: {
    intercept: -5.0,
    logAmount: 0.5,
    night: 0.86,
    logDistance: 0.22,
    abroad: 0.74,
    logAge: -0.2,
    payments: 0.13,
    cardPresent: -0.64,
    category: { online: 0.54, electronics: 0.57, travel: 0.28, cash: 0.46 },
  },
  may: {
    intercept: -5.3,
    logAmount: 0.56,
    night: 0.91,
    logDistance: 0.2,
    abroad: 0.66,
    logAge: -0.17,
    payments: 0.15,
    cardPresent: -0.7,
    category: { online: 0.61, electronics: 0.63, travel: 0.22, cash: 0.52 },
  },
};

const HOME_COUNTRY = 'US';
const isNight = (hour: number): boolean => hour < 6;

/** @returns the probability of fraud, 0 to 1 */
export function fraudProbability(version: DemoVersion, payment: Payment): number {
  const c = COEFFICIENTS[version];
  const score =
    c.intercept +
    c.logAmount * Math.log1p(Math.max(0, payment.amount)) +
    (isNight(payment.hour) ? c.night : 0) +
    c.logDistance * Math.log1p(Math.max(0, payment.distance_km)) +
    (payment.country === HOME_COUNTRY ? 0 : c.abroad) +
    c.logAge * Math.log1p(Math.max(0, payment.account_age_days)) +
    c.payments * payment.payments_24h +
    (payment.card_present ? c.cardPresent : 0) +
    (c.category[payment.merchant_category] ?? 0);
  return 1 / (1 + Math.exp(-score));
}
