/* e^r for |r| <= 0.3467, by the polynomial of nos_expm1_reducedf. */
static inline lane lane_exp_reduced(lane r)
{
    lane p = 1.39217905e-3f * r + 8.37639626e-3f;
    p = p * r + 4.16671261e-2f;
    p = p * r + 1.66664362e-1f;
    p = p * r + 4.99999940e-1f;
    p = p * r + 1.0f;
    return p * r + 1.0f;
}
