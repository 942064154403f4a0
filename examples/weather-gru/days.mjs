// Seattle's days as sequences: a week of weather, and the highest temperature of the day after it.
import { readFileSync } from "node:fs";

/** Days in a sequence, the last of them today. */
export const days = 7;
export const measured = 4;
export const features = 11;

const kinds = ["drizzle", "fog", "rain", "snow", "sun"];

/** One day as numbers: what was measured, the kind of weather as one-hot, and the place in the year as a circle. */
function encodeDay(line) {
  const [date, precipitation, highest, lowest, wind, kind] = line.split(",").map((text) => text.trim());
  const [year, month, day] = date.split("-").map(Number);
  const angle = (2 * Math.PI * (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1))) / 86_400_000 / 365.25;
  // Rain falls in amounts of very different size, so its logarithm says more.
  const numbers = [Math.log1p(Number(precipitation)), Number(highest), Number(lowest), Number(wind)];
  return [...numbers, ...kinds.map((name) => Number(name === kind)), Math.sin(angle), Math.cos(angle)];
}

/** All days of the file, in order of time. */
export function readDays() {
  const file = new URL("../data/seattle-weather.csv", import.meta.url);
  return readFileSync(file, "utf8").trim().split("\n").slice(1).map(encodeDay);
}

/** The highest temperature of an encoded day. */
export const highest = (day) => day[1];

/**
 * Sequences [n, days, features] with tomorrow's highest temperature [n]: the first seven tenths of the time to learn
 * from, a tenth to choose by, the last fifth to test on. What was measured is standardised by the days to learn from.
 * `today` is the temperature that "tomorrow is like today" predicts.
 */
export function weeks(all) {
  const last = Array.from({ length: all.length - days }, (_, k) => k + days - 1);
  const [first, second] = [0.7, 0.8].map((share) => Math.round(share * last.length));
  const known = all.slice(0, last[first]);
  const scales = Array.from({ length: measured }, (_, k) => {
    const mean = known.reduce((sum, day) => sum + day[k], 0) / known.length;
    const variance = known.reduce((sum, day) => sum + (day[k] - mean) ** 2, 0) / known.length;
    return { mean, deviation: Math.sqrt(variance) };
  });
  const scaled = all.map((day) =>
    day.map((value, k) => (k < measured ? (value - scales[k].mean) / scales[k].deviation : value)),
  );
  const encode = (ends) => ({
    inputs: [
      Float32Array.from(ends.flatMap((end) => scaled.slice(end + 1 - days, end + 1).flat())),
      Float32Array.from(ends, (end) => highest(all[end + 1])),
    ],
    n: ends.length,
    today: ends.map((end) => highest(all[end])),
  });
  return {
    train: encode(last.slice(0, first)),
    validation: encode(last.slice(first, second)),
    test: encode(last.slice(second)),
  };
}
