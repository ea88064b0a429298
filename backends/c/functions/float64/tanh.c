/* tanh x of the C library, four values or more at a time where libmvec has it: at most 4 ulp there. */
NOS_VECTOR double tanh(double);

static inline double nos_tanh(double x) {
    return tanh(x);
}
