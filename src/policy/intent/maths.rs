//! Logarithm and exponential from additions and multiplications alone, which every machine does alike: the same pack
//! and message give the same scores wherever they are computed.

/// The natural logarithm of a positive number.
pub(super) fn ln(x: f64) -> f64 {
    if x <= 0.0 {
        return f64::MIN;
    }
    let (mut rest, mut halvings) = (x, 0.0);
    while rest > 1.5 {
        rest /= 2.0;
        halvings += 1.0;
    }
    while rest < 0.75 {
        rest *= 2.0;
        halvings -= 1.0;
    }
    // ln(rest) = 2 artanh((rest - 1) / (rest + 1)), and the argument is below a fifth.
    let z = (rest - 1.0) / (rest + 1.0);
    let square = z * z;
    let (mut power, mut sum, mut odd) = (z, 0.0, 1.0);
    for _ in 0..14 {
        sum += power / odd;
        power *= square;
        odd += 2.0;
    }
    2.0 * sum + halvings * std::f64::consts::LN_2
}

/// `e` to the power of `x`; nought far below.
pub(super) fn exp(x: f32) -> f32 {
    if x < -80.0 {
        return 0.0;
    }
    let x = x.min(80.0);
    // e^x = 2^n · e^rest, and a short series serves for a rest below seven tenths.
    let whole = (x * std::f32::consts::LOG2_E) as i32;
    let rest = x - whole as f32 * std::f32::consts::LN_2;
    let series = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = series.into_iter().fold(1.0 / 5040.0, |sum, part| sum * rest + part);
    // The bits of a power of two are its exponent alone.
    power * f32::from_bits(((whole + 127) as u32) << 23)
}

/// Scores as shares of one.
pub(super) fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - most);
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::{exp, ln};

    #[test]
    fn they_are_what_they_should_be() {
        for x in [1.0e-3_f64, 0.5, 1.0, 1.5, 2.0, 10.0, 12_345.0] {
            assert!((ln(x) - x.ln()).abs() < 1e-12, "ln {x}");
        }
        for x in [-30.0_f32, -5.0, -0.1, 0.0, 0.7, 5.0, 20.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "exp {x}");
        }
    }
}
