// Field names in JSON.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { JSON_NAME_MAX = 128 };

// "participant_id" → "participantId": an underscore is left out and what follows is a capital. Returns the length.
size_t json_name(const char *proto_name, char name[JSON_NAME_MAX]);
