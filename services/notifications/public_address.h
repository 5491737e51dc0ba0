// Whether an address is one of the public internet's: neither this machine, nor a private network, nor anything that
// IANA keeps for another purpose (special-purpose address registries, RFC 6890). What carries an IPv4 address inside is
// judged by that. Pure.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool is_public_address(const struct sockaddr *address);
