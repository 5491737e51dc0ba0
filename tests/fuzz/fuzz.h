// What every fuzz target includes: libFuzzer's entry point.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FUZZ_ARENA_LIMIT = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
