// Writes examples/data/weather.csv: a row a day with what is known in the evening, and tomorrow's maximum.
// The year is a circle, so a day's place in it is given as sine and cosine.
import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../data/", import.meta.url);
const [header, ...lines] = readFileSync(new URL("seattle-weather.csv", folder), "utf8").trim().split("\n");
const names = header.split(",");
const days = lines.map((line) =>
  Object.fromEntries(line.split(",").map((text, k) => [names[k], text.trim()])),
);

const measured = ["precipitation", "temp_max", "temp_min", "wind", "weather"];
const columns = [...measured, "temp_max_yesterday", "season_sine", "season_cosine", "temp_max_tomorrow"];
const rows = days.slice(1, -1).map((today, k) => {
  const [year, month, day] = today.date.split("-").map(Number);
  const dayOfYear = (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000;
  const angle = (2 * Math.PI * dayOfYear) / 365.25;
  const season = [Math.sin(angle), Math.cos(angle)].map((value) => value.toFixed(4));
  return [...measured.map((name) => today[name]), days[k].temp_max, ...season, days[k + 2].temp_max].join(
    ",",
  );
});
writeFileSync(new URL("weather.csv", folder), `${[columns.join(","), ...rows].join("\n")}\n`);
