/* As nos_expf; what is beyond the numbers is scaled there, rounded once. Largest error measured: 0.9
   ulp. */
static inline lane lane_exp(lane x)
{
    const lane y = _mm512_max_ps(LANE(-105.0f), _mm512_min_ps(LANE(90.0f), x));
    const lane k = _mm512_roundscale_ps(y * 1.44269504f, 0);
    const lane r = (y - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    return _mm512_scalef_ps(lane_exp_reduced(r), k);
}
