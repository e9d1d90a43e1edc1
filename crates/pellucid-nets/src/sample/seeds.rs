//! Stochastic exponential solvers of two and three stages (Gonzalez et al. 2023, SEEDS).

use candle_core::Tensor;

use super::SampleError;
use super::blend::blend;
use super::session::Session;

/// One step in λ = -ln σ, with the noise gathered so far.
struct Passage {
    sigma: f32,
    lambda: f64,
    length: f64,
    eta: f64,
    /// The level and the part of the step where the noise was last added to.
    reached: (f32, f64),
    noise: Option<Tensor>,
}

pub(super) fn seeds_2(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    let r = session.options.r;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        if session.sigmas[i + 1] == 0.0 {
            return Ok(denoised);
        }
        let mut passage = Passage::new(session, i);
        let there = passage.go(session, &x, r, &[(passage.phi1(r), &denoised)])?;
        let second = session.denoise(&there, passage.level(r))?;
        let (all, half) = (passage.phi1(1.0), 1.0 / (2.0 * r));
        let answers = [(all * (1.0 - half), &denoised), (all * half, &second)];
        x = passage.go(session, &x, 1.0, &answers)?;
    }
    Ok(x)
}

pub(super) fn seeds_3(session: &mut Session, mut x: Tensor) -> Result<Tensor, SampleError> {
    const R1: f64 = 1.0 / 3.0;
    const R2: f64 = 2.0 / 3.0;
    for i in 0..session.steps() {
        let denoised = session.denoise(&x, session.sigmas[i])?;
        session.report(i, &x, &denoised)?;
        if session.sigmas[i + 1] == 0.0 {
            return Ok(denoised);
        }
        let mut passage = Passage::new(session, i);
        let there = passage.go(session, &x, R1, &[(passage.phi1(R1), &denoised)])?;
        let second = session.denoise(&there, passage.level(R1))?;
        let bend = R2 / R1 * passage.phi2(R2);
        let answers = [(passage.phi1(R2) - bend, &denoised), (bend, &second)];
        let there = passage.go(session, &x, R2, &answers)?;
        let third = session.denoise(&there, passage.level(R2))?;
        let bend = passage.phi2(1.0) / R2;
        let answers = [(passage.phi1(1.0) - bend, &denoised), (bend, &third)];
        x = passage.go(session, &x, 1.0, &answers)?;
    }
    Ok(x)
}

impl Passage {
    fn new(session: &Session, i: usize) -> Self {
        let [sigma, next] = session.levels(i);
        Self {
            sigma: session.sigmas[i],
            lambda: -sigma.ln(),
            length: (sigma / next).ln(),
            eta: session.options.eta,
            reached: (session.sigmas[i], 0.0),
            noise: None,
        }
    }

    /// The level after a `part` of the step.
    fn level(&self, part: f64) -> f32 {
        (-(self.lambda + part * self.length)).exp() as f32
    }

    fn phi1(&self, part: f64) -> f64 {
        (-part * self.length * (1.0 + self.eta)).exp_m1()
    }

    fn phi2(&self, part: f64) -> f64 {
        let z = -part * self.length * (1.0 + self.eta);
        (z.exp_m1() - z) / z
    }

    /// The latent after a `part` of the step, from the model's answers and their weights.
    fn go(
        &mut self,
        session: &mut Session,
        x: &Tensor,
        part: f64,
        answers: &[(f64, &Tensor)],
    ) -> Result<Tensor, SampleError> {
        let level = self.level(part);
        let decay = (-part * self.length * self.eta).exp();
        let mut terms = vec![(f64::from(level) / f64::from(self.sigma) * decay, x)];
        terms.extend(answers.iter().map(|&(weight, answer)| (-weight, answer)));
        let scale = f64::from(level) * session.options.s_noise;
        if self.eta > 0.0 && scale > 0.0 {
            self.gather(session, part, level)?;
            terms.extend(self.noise.as_ref().map(|noise| (scale, noise)));
        }
        Ok(blend(&terms)?)
    }

    /// Lets the noise so far decay and adds that of the way since.
    fn gather(&mut self, session: &mut Session, part: f64, level: f32) -> Result<(), SampleError> {
        let (before, reached) = self.reached;
        let segment = (part - reached) * self.length * self.eta;
        let fresh = session.draw(before, level)?;
        let scale = (-(-2.0 * segment).exp_m1()).sqrt();
        self.noise = Some(match &self.noise {
            None => fresh.affine(scale, 0.0)?,
            Some(noise) => blend(&[((-segment).exp(), noise), (scale, &fresh)])?,
        });
        self.reached = (level, part);
        Ok(())
    }
}
