// What can be said about drawn digits: how their pixels are spread, and what the digits network sees in them.

/** Standard normal numbers by Box and Muller, from Marsaglia's xorshift: the same for a seed on every engine. */
export function normals(seed) {
  let word = (seed * 0x9e3779b9 + 1) >>> 0;
  const uniform = () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return ((word >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** The mean and the standard deviation of each of the 64 pixels. */
function statistics(images) {
  const n = images.length / 64;
  const mean = new Float64Array(64);
  const deviation = new Float64Array(64);
  for (const [k, value] of images.entries()) mean[k % 64] += value / n;
  for (const [k, value] of images.entries()) deviation[k % 64] += (value - mean[k % 64]) ** 2 / n;
  return { mean, deviation: deviation.map(Math.sqrt) };
}

/** How far two sets of images are apart: the mean absolute difference of each statistic over the pixels. */
export function compared(drawn, real) {
  const [a, b] = [statistics(drawn), statistics(real)];
  const apart = (x, y) => x.reduce((sum, value, k) => sum + Math.abs(value - y[k]), 0) / 64;
  return { mean: apart(a.mean, b.mean), deviation: apart(a.deviation, b.deviation) };
}

/** How sure a classifier is on average, and how many classes it sees in at least two of a hundred images. */
export function confidenceOf(judge, images) {
  const n = images.length / 64;
  const seen = Array.from({ length: 10 }, () => 0);
  let confidence = 0;
  for (let at = 0; at < n; at += 64) {
    const rows = Math.min(64, n - at);
    // It was trained on pixels from 0 to 16.
    const x = images.slice(at * 64, (at + rows) * 64).map((value) => 16 * value);
    const { probabilities } = judge.predict(x, rows);
    for (let i = 0; i < rows; i++) {
      const row = probabilities.subarray(10 * i, 10 * i + 10);
      const most = Math.max(...row);
      confidence += most / n;
      seen[row.indexOf(most)]++;
    }
  }
  return { confidence, classes: seen.filter((count) => count >= 0.02 * n).length };
}
