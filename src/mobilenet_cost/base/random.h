#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mobilenet_cost {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), written out
// so that a recorded seed gives the same numbers on every platform.

/// What the state of the generator moves on by.
inline constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

/// The output for a state.
[[nodiscard]] constexpr std::uint64_t splitmix64(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    return z ^ (z >> 31U);
}

/// 0 ... count - 1 in random order, by Fisher-Yates; `state` moves on. The standard library's shuffle differs
/// between implementations.
[[nodiscard]] std::vector<std::size_t> permutation(std::size_t count, std::uint64_t& state);

}  // namespace mobilenet_cost
