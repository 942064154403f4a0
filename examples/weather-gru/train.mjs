// Trains and tests the model: node examples/weather-gru/train.mjs [seed]
import * as generated from "../../generated/weather-gru/weather-gru.gen.js";
import { learn } from "./learn.mjs";

const { mae, linear, likeToday } = await learn(generated, Number(process.argv[2] ?? 1));
console.log(`test mae ${mae.toFixed(2)}, linear ${linear.toFixed(2)}, "like today" ${likeToday.toFixed(2)}`);
