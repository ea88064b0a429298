static int64_t chunks(const int64_t *tensor) { return (tensor[0] + CHUNK - 1) / CHUNK; }
