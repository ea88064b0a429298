/* As nos_i1ef. Largest error measured: 3.6 ulp. */
static inline lane lane_i1e(lane x)
{
    const lane a = _mm512_abs_ps(x);
    const lane b = _mm512_min_ps(LANE(6.0f), a);
    const lane z = b * b;
    lane p = 7.73333087e-16f * z + 1.34661095e-13f;
    p = p * z + 3.41216638e-11f;
    p = p * z + 5.64319080e-9f;
    p = p * z + 6.78243907e-7f;
    p = p * z + 5.42531343e-5f;
    p = p * z + 2.60416721e-3f;
    p = p * z + 6.25e-2f;
    p = p * z + 0.5f;
    const lane k = _mm512_roundscale_ps(b * -1.44269504f, 0);
    const lane r = (-b - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    const lane near = (p * lane_exp_reduced(r)) * (lane)_mm512_scalef_ps(b, k);
    const lane s = 1.0f / (lane)_mm512_sqrt_ps(a);
    const lane t = s * s;
    lane q = -6.61840022e-1f * t - 3.47703755e-1f;
    q = q * t + 2.01499369e-2f;
    q = q * t - 4.88841645e-2f;
    q = q * t - 4.64193039e-2f;
    q = q * t - 1.49608195e-1f;
    q = q * t + 3.98942292e-1f;
    const __mmask16 small = _mm512_cmp_ps_mask(a, LANE(6.0f), _CMP_LE_OQ);
    return lane_signed(_mm512_mask_mov_ps(q * s, small, near), x);
}
