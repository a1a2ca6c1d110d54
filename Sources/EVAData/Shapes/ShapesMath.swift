import Glibc

/// Sine and cosine of an angle in radians.
///
/// Rounded from double precision, so that the last bit, and with it every scene, does not depend on
/// the C library's single-precision functions.
func sineAndCosine(_ angle: Float) -> (sine: Float, cosine: Float) {
    (Float(sin(Double(angle))), Float(cos(Double(angle))))
}
