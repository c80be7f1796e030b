#pragma once

#include <cstdint>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/quantise/quantisation.h"

namespace mobilenet_cost {

/// Inputs whose passes set the scales.
inline constexpr int kCalibrationInputs = 2;

/// The scales of a network from the least and largest values of each tensor in passes of `engine`, in f32,
/// over make_input() of `seed` and the seeds behind it. The ends of a range are rounded outwards to 10 bits,
/// so that engines whose f32 results differ in their last bits set the same scales. A sigmoid has 1/256 and
/// -128, as in TensorFlow Lite. Throws what the engine throws.
[[nodiscard]] NetworkScales calibrate(const Engine& engine, const Network& network, const Weights& weights,
                                      std::uint64_t seed = kDataSeed);

}  // namespace mobilenet_cost
