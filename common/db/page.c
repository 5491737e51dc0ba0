#include "db/page.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { FILTER_HASH_BYTES = 16 };

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const ProtobufCFieldDescriptor *field(const ProtobufCMessage *request, const char *name) {
  return protobuf_c_message_descriptor_get_field_by_name(request->descriptor, name);
}

static void *member(const ProtobufCMessage *request, const char *name) {
  const ProtobufCFieldDescriptor *found = field(request, name);
  return found ? (char *)request + found->offset : NULL;
}

int page_size(const ProtobufCMessage *request) {
  const int32_t *size = member(request, "page_size");
  if (!size || *size <= 0) return PAGE_SIZE_DEFAULT;
  return *size < PAGE_SIZE_MAX ? *size : PAGE_SIZE_MAX;
}

// Of the request without where the page is and how long: two requests of one list have the same.
static int filter_hash(const ProtobufCMessage *request, struct arena *arena, unsigned char hash[FILTER_HASH_BYTES]) {
  size_t message_size = request->descriptor->sizeof_message;
  ProtobufCMessage *filter = arena_alloc(arena, message_size);
  if (!filter) return -ENOMEM;
  memcpy(filter, request, message_size);
  int32_t *size = member(filter, "page_size");
  const char **token = member(filter, "page_token");
  if (size) *size = 0;
  if (token) *token = "";
  size_t packed_size = protobuf_c_message_get_packed_size(filter);
  unsigned char *packed = arena_alloc(arena, packed_size + 1);
  if (!packed) return -ENOMEM;
  protobuf_c_message_pack(filter, packed);
  const char *name = request->descriptor->name;
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, FILTER_HASH_BYTES);
  crypto_generichash_update(&state, (const unsigned char *)name, strlen(name) + 1);
  crypto_generichash_update(&state, packed, packed_size);
  crypto_generichash_final(&state, hash, FILTER_HASH_BYTES);
  return 0;
}

int page_key(const ProtobufCMessage *request, struct arena *arena, const char **ret_key) {
  char *const *token = member(request, "page_token");
  if (!token || !**token) {
    *ret_key = NULL;
    return 0;
  }
  size_t room = strlen(*token), size;
  unsigned char *decoded = arena_alloc(arena, room + 1), hash[FILTER_HASH_BYTES];
  if (!decoded || filter_hash(request, arena, hash)) return -ENOMEM;
  if (sodium_base642bin(decoded, room, *token, room, NULL, &size, NULL, VARIANT) || size < FILTER_HASH_BYTES ||
      memcmp(decoded, hash, FILTER_HASH_BYTES) != 0 || memchr(decoded + FILTER_HASH_BYTES, 0, size - FILTER_HASH_BYTES))
    return -EINVAL;
  *ret_key = (char *)decoded + FILTER_HASH_BYTES;
  return 0;
}

const char *page_token(const ProtobufCMessage *request, const char *key, struct arena *arena) {
  size_t size = FILTER_HASH_BYTES + strlen(key), room = sodium_base64_encoded_len(size, VARIANT);
  unsigned char *plain = arena_alloc(arena, size);
  char *token = arena_alloc(arena, room);
  if (!plain || !token || filter_hash(request, arena, plain)) return NULL;
  memcpy(plain + FILTER_HASH_BYTES, key, strlen(key));
  return sodium_bin2base64(token, room, plain, size, VARIANT);
}
