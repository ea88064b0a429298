/* log(1 + f) - f = -f^2 / 2 + f^3 P(f) for sqrt(1/2) <= 1 + f < sqrt(2): P of degree 7, minimax;
   error of the logarithm below 2^-27 of it. */
static inline float nos_log1p_restf(float f) {
    float p = -7.64579549e-2f;
    p = p * f + 1.27694517e-1f;
    p = p * f - 1.31601617e-1f;
    p = p * f + 1.42009869e-1f;
    p = p * f - 1.66233346e-1f;
    p = p * f + 2.00012609e-1f;
    p = p * f - 2.50008225e-1f;
    p = p * f + 3.33333313e-1f;
    float z = f * f;
    return (f * z) * p - 0.5f * z;
}

/* Bits of sqrt(1/2): x = 2^e m with sqrt(1/2) <= m < sqrt(2) is cut there. */
#define NOS_SQRT_HALF_BITSF 0x3f3504f3u
