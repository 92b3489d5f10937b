//! Where a page puts things: moving, turning and stretching, as six numbers.

use std::ops::Mul;

#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix(pub [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self::translate(0.0, 0.0);

    pub(super) const fn translate(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }
}

impl Mul for Matrix {
    type Output = Self;

    /// First what stands on the right, then what stands on the left.
    fn mul(self, first: Self) -> Self {
        let (to, by) = (self.0, first.0);
        let turned = |at: usize| {
            let (x, y) = (by[at], by[at + 1]);
            [to[0] * x + to[2] * y, to[1] * x + to[3] * y]
        };
        let ([across, up], [lean, rise], moved) = (turned(0), turned(2), turned(4));
        Self([across, up, lean, rise, moved[0] + to[4], moved[1] + to[5]])
    }
}
