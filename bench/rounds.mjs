// Competitors side by side: each has its workload ready in a process of its own, and they take turns.
import { Child } from "./child.mjs";
import { reason } from "./reason.mjs";

const turnMs = 150;
const turns = 3;

/**
 * One round over workloads. Each competitor that takes a workload and is not in `failed` ("name workload") has some
 * turns, a `rare` one a single turn of the first round. `see` is told { workload, competitor, us } a turn, with
 * { losses } in the first round, and { failed } where something did not work.
 */
export async function raceRound({ round, competitors, workloads, failed, see, note }) {
  for (const workload of workloads) {
    const entrants = competitors.filter(
      ({ name, takes, rare }) =>
        takes(workload) && !failed.has(`${name} ${workload}`) && (round === 1 || !rare),
    );
    note(`round ${round}, ${workload}: ${entrants.length} competitors`);
    await raceOne(entrants, workload, round, (record) => see({ workload, ...record }));
  }
}

async function raceOne(entrants, workload, round, see) {
  const running = [];
  const refused = ({ name }, error) => see({ competitor: name, failed: reason(error) });
  try {
    for (const competitor of entrants) {
      try {
        // The losses are wanted once; afterwards warming up is enough.
        const wanted = round === 1 && /^W[1-6]$/.test(workload);
        const child = new Child(competitor.command(workload, { losses: wanted ? 5000 : 0 }));
        const entry = { competitor, child, left: 0 };
        running.push(entry);
        const { losses } = await child.next();
        if (wanted) see({ competitor: competitor.name, losses });
        entry.left = competitor.rare ? 1 : turns;
      } catch (error) {
        refused(competitor, error);
      }
    }
    for (let turn = 0; turn < turns; turn++) {
      for (const entry of running.filter(({ left }) => left > 0)) {
        entry.left--;
        try {
          const { us } = await entry.child.next({ ms: turnMs });
          see({ competitor: entry.competitor.name, us });
        } catch (error) {
          entry.left = 0;
          refused(entry.competitor, error);
        }
      }
    }
  } finally {
    for (const { child } of running) await child.end();
  }
}
