#include "unit.h"

#include <sodium.h>

#include "key_cache.h"

enum { SIZE = 3, KEEP_MS = 1000 };

static void put(struct key_cache *cache, const char *person_id, uint8_t first_byte, uint64_t now_ms) {
  uint8_t key[SEAL_KEY_BYTES] = {first_byte};
  key_cache_put(cache, person_id, key, now_ms);
}

static int found(struct key_cache *cache, const char *person_id, uint64_t now_ms) {
  const uint8_t *key = key_cache_find(cache, person_id, now_ms);
  return key ? key[0] : -1;
}

static void a_key_is_held_for_its_time_alone(void **state) {
  struct key_cache *cache = key_cache_create(SIZE, KEEP_MS);
  put(cache, "ani", 1, 500);
  assert_int_equal(found(cache, "ani", 1499), 1);
  assert_int_equal(found(cache, "ani", 1500), -1);
  assert_int_equal(found(cache, "", 0), -1);
  key_cache_destroy(cache);
}

static void the_oldest_makes_room(void **state) {
  struct key_cache *cache = key_cache_create(SIZE, KEEP_MS);
  put(cache, "ani", 1, 3);
  put(cache, "budi", 2, 1);
  put(cache, "citra", 3, 2);
  put(cache, "ani", 4, 4);
  put(cache, "dewi", 5, 5);
  assert_int_equal(found(cache, "ani", 6), 4);
  assert_int_equal(found(cache, "budi", 6), -1);
  assert_int_equal(found(cache, "citra", 6), 3);
  assert_int_equal(found(cache, "dewi", 6), 5);
  key_cache_destroy(cache);
}

static void what_is_forgotten_or_swept_is_wiped(void **state) {
  struct key_cache *cache = key_cache_create(SIZE, KEEP_MS);
  put(cache, "ani", 7, 0);
  const uint8_t *key = key_cache_find(cache, "ani", 0);
  static const uint8_t zero[SEAL_KEY_BYTES];
  key_cache_sweep(cache, KEEP_MS - 1);
  assert_int_equal(key[0], 7);
  key_cache_sweep(cache, KEEP_MS);
  assert_memory_equal(key, zero, sizeof zero);
  put(cache, "ani", 8, 0);
  key = key_cache_find(cache, "ani", 0);
  key_cache_forget(cache, "ani");
  assert_memory_equal(key, zero, sizeof zero);
  key_cache_destroy(cache);
}

static void an_id_that_is_too_long_is_not_kept(void **state) {
  struct key_cache *cache = key_cache_create(SIZE, KEEP_MS);
  static const char id[] = "01a20cad-9a63-717f-986e-aafa27dfed3e-";
  put(cache, id, 1, 0);
  assert_int_equal(found(cache, id, 0), -1);
  key_cache_destroy(cache);
}

static int set_up(void **state) {
  return sodium_init() < 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {TEST(a_key_is_held_for_its_time_alone), TEST(the_oldest_makes_room),
                                     TEST(what_is_forgotten_or_swept_is_wiped),
                                     TEST(an_id_that_is_too_long_is_not_kept)};
  return cmocka_run_group_tests(tests, set_up, NULL);
}
