// Which hour of the week a moment is where people live: baselines have seasons in local time, since habits follow the clock on the
// wall through summer time. An hour that the clock repeats is one hour here, one that it leaves out has no rows.

export const HOUR_MS = 3_600_000;
export const HOURS_OF_WEEK = 168;
/** No zone changes its offset within one. */
const QUARTER_MS = 900_000;
/** A gate asks for the present: a day's. */
const REMEMBERED = 96;
/** 1 January 1970 was a Thursday; weeks begin on Monday. */
const HOURS_TO_THURSDAY = 72;

export interface LocalTime {
  readonly zone: string;
  /** Hours on the local clock since it showed 1970-01-01 00:00, whole. @param at unix milliseconds */
  hour(at: number): number;
}

/** @param remembered quarters of an hour whose offsets are kept @returns undefined where no time zone has this name */
export function localTimeOf(zone: string, remembered = REMEMBERED): LocalTime | undefined {
  if (zone === 'UTC') return { zone, hour: (at) => Math.floor(at / HOUR_MS) };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, ...FIELDS });
  } catch {
    return undefined;
  }
  const known = new Map<number, number>();
  return {
    zone,
    hour(at) {
      const quarter = Math.floor(at / QUARTER_MS);
      let hour = known.get(quarter);
      if (hour === undefined) {
        if (known.size >= remembered) known.clear();
        hour = Math.floor(onTheWall(format, quarter * QUARTER_MS) / HOUR_MS);
        known.set(quarter, hour);
      }
      return hour;
    },
  };
}

const FIELDS = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
} as const;

/** What the clock shows, as if it were UTC. */
function onTheWall(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = [
    parts.get('year'),
    parts.get('month'),
    parts.get('day'),
    parts.get('hour'),
    parts.get('minute'),
  ];
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** 0 to 167, from Monday 00:00. @param localHour as of `hour` */
export function hourOfWeek(localHour: number): number {
  return (((localHour + HOURS_TO_THURSDAY) % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

/** Local days since 1970-01-01. */
export const dayOf = (localHour: number): number => Math.floor(localHour / 24);
