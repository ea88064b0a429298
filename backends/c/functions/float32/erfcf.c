/* erfc a = e^(-a^2) (1 + u P(2u - 1)) / (1 + 2a), u = a / (a + 2.5), a = |x|: (1 + 2a) e^(a^2)
   erfc(a) is flat, and P of degree 9 gives it to 2^-26 on [0, 10.2], minimax; 2 - erfc a below 0.
   e^(-a^2) needs a^2 to more than 24 bits: s, the upper 12 bits of a, has an exact square, and a^2 =
   s^2 + (a - s)(a + s). Largest error measured: 3.9 ulp. */
static inline float nos_erfcf(float x) {
    float a = fabsf(x);
    a = a > 10.5f ? 10.5f : a;
    float s = nos_from_bitsf(nos_bitsf(a) & 0xfffff000u);
    float square = s * s;
    float rounded = (a * a) * -1.44269504f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = (-square - k * NOS_LN2_HIGHF) - (k * NOS_LN2_LOWF + (a - s) * (a + s));
    float inverse = 1.0f / (a + 2.5f);
    float u = a * inverse;
    float q = 2.0f * u - 1.0f;
    float p = 2.40061971e-04f;
    p = p * q + 1.15215150e-03f;
    p = p * q - 4.61332675e-04f;
    p = p * q - 8.53005331e-03f;
    p = p * q + 1.04454141e-02f;
    p = p * q + 5.51583543e-02f;
    p = p * q - 2.61090666e-01f;
    p = p * q + 5.76339781e-01f;
    p = p * q - 7.74389505e-01f;
    p = p * q + 5.29676378e-01f;
    p = (1.0f + u * p) / (1.0f + 2.0f * a);
    float v = nos_scaledf(p + p * nos_expm1_reducedf(r), rounded);
    return x < 0.0f ? 2.0f - v : v;
}
