// node bench/prepare.mjs W3: only draws a workload's parameters and batches, which is no competitor's own work. What
// such a process takes is taken off the cold starts.
import { batchesOf, initialParameters } from "./workloads/data.mjs";

const [id] = process.argv.slice(2);
initialParameters(id);
batchesOf(id);
