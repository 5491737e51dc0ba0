#include "crypto/audit_chain.h"

#include <assert.h>

const uint8_t audit_chain_start[HASH_BYTES];

void audit_chain_hash(const uint8_t key[HASH_KEY_BYTES], const uint8_t previous[HASH_BYTES], const char *const *fields,
                      size_t field_count, uint8_t hash[HASH_BYTES]) {
  assert(field_count <= AUDIT_FIELDS_MAX);
  struct bytes parts[AUDIT_FIELDS_MAX + 2] = {bytes_of_text("pulih audit 1"), {previous, HASH_BYTES}};
  for (size_t i = 0; i < field_count; i++) parts[i + 2] = bytes_of_text(fields[i]);
  hash_parts(key, parts, field_count + 2, hash);
}
