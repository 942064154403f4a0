/**
 * The error function, computed apart from `templates/erf.ts` so that each checks the other: for |x| < 2.5 the
 * series 2/√π · e^(-x²) · Σ 2ᵏ·x²ᵏ⁺¹ / (2k + 1)!!, whose terms have one sign; beyond it 1 - erfc(x) with
 * Laplace's continued fraction erfc(x) = e^(-x²) / √π / (x + ½/(x + 1/(x + 3⁄2/(x + …)))).
 */
export function erfOf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  const size = Math.abs(x);
  const bell = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (size < 2.5) {
    let term = size;
    let total = 0;
    for (let k = 1; total + term !== total; k++) {
      total += term;
      term *= (2 * x * x) / (2 * k + 1);
    }
    return Math.sign(x) * 2 * bell * total;
  }
  let fraction = size;
  for (let k = 60; k > 0; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - bell / fraction);
}
