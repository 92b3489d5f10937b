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
        let ([a, b, c, d, e, f], by) = (self.0, first.0);
        let turned = |x: f64, y: f64| (a * x + c * y, b * x + d * y);
        let ((p, q), (r, s), (x, y)) =
            (turned(by[0], by[1]), turned(by[2], by[3]), turned(by[4], by[5]));
        Self([p, q, r, s, x + e, y + f])
    }
}
