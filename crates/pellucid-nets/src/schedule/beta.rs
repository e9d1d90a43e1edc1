//! Quantiles of the symmetric beta distribution.

use std::f64::consts::PI;

/// The `x` below which a share `p` of Beta(`shape`, `shape`) lies, for shapes between 0.1 and 100.
///
/// The distribution function is monotone, so halving the interval finds the quantile to the last
/// bits that the function itself is good for.
pub(super) fn beta_quantile(p: f64, shape: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if distribution(middle, shape) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The regularised incomplete beta function I_x(a, a).
fn distribution(x: f64, a: f64) -> f64 {
    if x > 0.5 {
        return 1.0 - distribution(1.0 - x, a);
    }
    if x <= 0.0 {
        return 0.0;
    }
    let log_beta = 2.0 * log_gamma(a) - log_gamma(2.0 * a);
    let front = (a * x.ln() + a * (-x).ln_1p() - log_beta).exp() / a;
    front * continued_fraction(x, a)
}

/// The continued fraction of the incomplete beta function, by Lentz's method (DLMF 8.17.22).
fn continued_fraction(x: f64, a: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away_from_zero(1.0 - 2.0 * a * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (a - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (2.0 * a + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// ln Γ(x) for x > 0 (Lanczos 1964, nine terms with g = 7).
fn log_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - log_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let shifted = x + 7.5;
    let sum =
        (1..).zip(&TERMS[1..]).fold(TERMS[0], |sum, (i, term)| sum + term / (x + f64::from(i)));
    (2.0 * PI).sqrt().ln() + (x + 0.5) * shifted.ln() - shifted + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beta_of_one_is_uniform() {
        for p in [0.01, 0.25, 0.5, 0.99] {
            // The bound is what the Lanczos sum is good for.
            assert!((beta_quantile(p, 1.0) - p).abs() < 1e-13);
        }
    }

    #[test]
    fn a_beta_of_one_half_is_the_arcsine_law() {
        for p in [0.05, 0.3, 0.8] {
            let exact = (PI * p / 2.0).sin().powi(2);
            assert!((beta_quantile(p, 0.5) - exact).abs() < 1e-13);
        }
    }

    #[test]
    fn quantiles_are_symmetric() {
        assert!((beta_quantile(0.2, 0.6) + beta_quantile(0.8, 0.6) - 1.0).abs() < 1e-13);
        assert_eq!(beta_quantile(0.0, 0.6), 0.0);
        assert_eq!(beta_quantile(1.0, 0.6), 1.0);
    }
}
