#pragma once

#include <cstdint>
#include <string_view>

namespace mobilenet_cost {

/// FNV-1a, 64 bits; `hash` is that of the bytes before these.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = 0xcbf29ce484222325) {
    for (const char byte : bytes)
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return hash;
}

}  // namespace mobilenet_cost
