// Seeds for tests that throw dice: PULIH_SEED if it is set, otherwise a few fixed ones and one that is new each time.
// The seed of a failure is printed; the test runs the same way again with PULIH_SEED.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct dice {
  uint64_t seed, state;
};

// splitmix64, https://prng.di.unimi.it/splitmix64.c
static inline uint64_t dice_throw(struct dice *dice) {
  uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

// 0 to below - 1.
static inline uint64_t dice_below(struct dice *dice, uint64_t below) {
  return dice_throw(dice) % below;
}

static inline void for_each_seed(void (*run)(struct dice *dice)) {
  uint64_t seeds[] = {1, 2, 3, 4, 5, 6, 7, (uint64_t)time(NULL)};
  const char *chosen = getenv("PULIH_SEED");
  size_t count = chosen ? 1 : sizeof seeds / sizeof seeds[0];
  if (chosen) seeds[0] = strtoull(chosen, NULL, 10);
  for (size_t i = 0; i < count; i++) {
    struct dice dice = {seeds[i], seeds[i]};
    // Printed before, so that it stands above whatever goes wrong.
    printf("PULIH_SEED=%llu\n", (unsigned long long)dice.seed);
    fflush(stdout);
    run(&dice);
  }
}
