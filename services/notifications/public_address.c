#include "public_address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool in_network(uint32_t address, uint32_t network, int bits) {
  return (address ^ network) >> (32 - bits) == 0;
}

static bool is_public_v4(uint32_t address) {
  static const struct {
    uint32_t network;
    int bits;
  } others[] = {
      {0x00000000, 8},   // 0.0.0.0/8 this network
      {0x0A000000, 8},   // 10.0.0.0/8 private
      {0x64400000, 10},  // 100.64.0.0/10 carriers' own
      {0x7F000000, 8},   // 127.0.0.0/8 this machine
      {0xA9FE0000, 16},  // 169.254.0.0/16 link-local
      {0xAC100000, 12},  // 172.16.0.0/12 private
      {0xC0000000, 24},  // 192.0.0.0/24 protocols
      {0xC0000200, 24},  // 192.0.2.0/24 documentation
      {0xC0586300, 24},  // 192.88.99.0/24 6to4 relays
      {0xC0A80000, 16},  // 192.168.0.0/16 private
      {0xC6120000, 15},  // 198.18.0.0/15 benchmarks
      {0xC6336400, 24},  // 198.51.100.0/24 documentation
      {0xCB007100, 24},  // 203.0.113.0/24 documentation
      {0xE0000000, 3},   // 224.0.0.0/4 multicast, 240.0.0.0/4 reserved
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (in_network(address, others[i].network, others[i].bits)) return false;
  }
  return true;
}

static uint32_t v4_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_public_v6(const uint8_t bytes[16]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static const uint8_t translated[12] = {0x00, 0x64, 0xFF, 0x9B};  // 64:ff9b::/96
  if (!memcmp(bytes, mapped, sizeof mapped) || !memcmp(bytes, translated, sizeof translated)) {
    return is_public_v4(v4_at(bytes + 12));
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public_v4(v4_at(bytes + 2));  // 2002::/16, 6to4
  // Of 2000::/3 what isn't Teredo and other protocols' (2001::/23) or documentation (2001:db8::/32, 3fff::/20).
  if (bytes[0] >> 5 != 1) return false;
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] < 2 || (bytes[2] == 0x0D && bytes[3] == 0xB8))) return false;
  return bytes[0] != 0x3F || bytes[1] != 0xFF || bytes[2] >> 4 != 0;
}

bool is_public_address(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return is_public_v4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return is_public_v6(in6.sin6_addr.s6_addr);
  }
  return false;
}
