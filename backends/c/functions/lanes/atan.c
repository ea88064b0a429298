/* As nos_atanf. Largest error measured: 1.9 ulp. */
static inline lane lane_atan(lane x)
{
    const lane a = _mm512_abs_ps(x);
    const __mmask16 middle = _mm512_cmp_ps_mask(a, LANE(0.414213562f), _CMP_GT_OQ);
    const __mmask16 large = _mm512_cmp_ps_mask(a, LANE(2.41421356f), _CMP_GT_OQ);
    lane above = _mm512_mask_sub_ps(a, middle, a, LANE(1.0f));
    above = _mm512_mask_mov_ps(above, large, LANE(-1.0f));
    lane below = _mm512_mask_add_ps(LANE(1.0f), middle, a, LANE(1.0f));
    below = _mm512_mask_mov_ps(below, large, a);
    lane c = _mm512_maskz_mov_ps(middle, LANE(0.785398185f));
    c = _mm512_mask_mov_ps(c, large, LANE(1.57079637f));
    lane rest = _mm512_maskz_mov_ps(middle, LANE(-2.18556941e-8f));
    rest = _mm512_mask_mov_ps(rest, large, LANE(-4.37113883e-8f));
    const lane q = above / below;
    const lane z = q * q;
    lane p = -6.09005243e-2f * z + 1.05991684e-1f;
    p = p * z - 1.42443910e-1f;
    p = p * z + 1.99985281e-1f;
    p = p * z - 3.33333164e-1f;
    return lane_signed(c + ((q * z) * p + rest + q), x);
}
