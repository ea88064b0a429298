/* As nos_asinhf. Largest error measured: 1.9 ulp. */
static inline lane lane_asinh(lane x)
{
    const lane a = _mm512_abs_ps(x);
    const __mmask16 huge = _mm512_cmp_ps_mask(a, LANE(4096.0f), _CMP_GT_OQ);
    const lane z = a * a;
    const lane t = a + z / (1.0f + (lane)_mm512_sqrt_ps(1.0f + z));
    const lane y = _mm512_mask_mov_ps(1.0f + t, huge, a);
    const lane_bits bits = (lane_bits)y - NOS_SQRT_HALF_BITSF;
    const lane m = (lane)((bits & 0x007fffffu) + NOS_SQRT_HALF_BITSF);
    lane e = _mm512_cvtepi32_ps((__m512i)(bits >> 23));
    e = _mm512_mask_add_ps(e, huge, e, LANE(1.0f));
    const lane shrunk = (t - (y - 1.0f)) * (lane)(0x3f800000u - (bits & 0xff800000u));
    const lane lost = _mm512_mask_mov_ps(shrunk, huge, LANE(0.0f));
    const lane f = (m - 1.0f) + lost;
    lane p = -7.64579549e-2f * f + 1.27694517e-1f;
    p = p * f - 1.31601617e-1f;
    p = p * f + 1.42009869e-1f;
    p = p * f - 1.66233346e-1f;
    p = p * f + 2.00012609e-1f;
    p = p * f - 2.50008225e-1f;
    p = p * f + 3.33333313e-1f;
    const lane square = f * f;
    p = (f * square) * p - 0.5f * square;
    const lane r = ((p + e * NOS_LN2_LOWF) + f) + e * NOS_LN2_HIGHF;
    return lane_signed(_mm512_mask_mov_ps(a, _mm512_cmp_ps_mask(a, LANE(INFINITY), _CMP_LT_OQ), r), x);
}
