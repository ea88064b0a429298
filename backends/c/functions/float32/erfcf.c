/* erfc a = e^(-a^2) (1 + u P(2u - 1)) / (1 + 2a), u = a / (a + 2), a = |x|: (1 + 2a) e^(a^2) erfc(a) is flat, and P of
   degree 8 gives it to 2^-25 on [0, 10.2], minimax; 2 - erfc a below 0. e^(-a^2) needs a^2 to more than 24 bits: s, the
   upper 12 bits of a, has an exact square, and a^2 = s^2 + (a - s)(a + s). */
static inline float nos_erfcf(float x) {
    float a = fabsf(x);
    a = a > 10.5f ? 10.5f : a;
    float s = nos_from_bitsf(nos_bitsf(a) & 0xfffff000u);
    float square = s * s;
    float rounded = (a * a) * -1.44269504f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = ((-square - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF) - (a - s) * (a + s);
    float inverse = 1.0f / (a + 2.0f);
    float u = a * inverse;
    float q = 2.0f * u - 1.0f;
    float p = -8.00027221e-4f;
    p = p * q - 1.65668281e-3f;
    p = p * q + 4.28468734e-3f;
    p = p * q + 1.29761454e-2f;
    p = p * q - 2.90970337e-2f;
    p = p * q - 7.93109015e-2f;
    p = p * q + 4.07421857e-1f;
    p = p * q - 7.39484787e-1f;
    p = p * q + 5.53956807e-1f;
    p = (1.0f + u * p) / (1.0f + 2.0f * a);
    float v = nos_scaledf(p + p * nos_expm1_reducedf(r), rounded);
    return x < 0.0f ? 2.0f - v : v;
}
