#pragma once

#include "mobilenet_cost/machine/roofline.h"

/// A computer that never was, with round figures: 8 lanes, 1 GHz, 32 FLOP a cycle.
namespace mobilenet_cost::testing_support {

inline MemorySamples memory_samples(const std::string& level, std::int64_t threads, std::int64_t capacity,
                                    double bytes_per_second) {
    MemorySamples samples;
    samples.level = level;
    samples.threads = threads;
    if (capacity > 0) samples.capacity_bytes = capacity;
    samples.used_bytes = 4096;
    samples.read.assign(6, bytes_per_second);
    samples.triad.assign(6, bytes_per_second / 2);
    return samples;
}

inline PeakSamples plausible_samples() {
    PeakSamples samples;
    samples.about.measured_at = "2026-01-31T12:00:00Z";
    samples.about.instruction_set = "AVX2";
    samples.about.kernel_library = "none";
    samples.about.vector_bytes = 32;
    samples.about.rounds_asked = 6;
    samples.about.rounds = 6;
    samples.about.seconds = 1.5;
    samples.i8_reason = "no instruction";
    for (const std::int64_t threads : {1, 4}) {
        const auto cores = static_cast<double>(threads);
        ComputeSamples compute;
        compute.threads = threads;
        compute.cycles.assign(6, 1e9 * cores);
        compute.f32.assign(6, 32e9 * cores);
        samples.compute.push_back(compute);
        samples.memory.push_back(memory_samples("L1", threads, 32 * 1024 * threads, 64e9 * cores));
        samples.memory.push_back(memory_samples("L2", threads, 512 * 1024 * threads, 32e9 * cores));
        samples.memory.push_back(memory_samples("DRAM", threads, 0, 8e9 * (threads > 1 ? 2.0 : 1.0)));
    }
    samples.round_trips = {{0, 1, std::vector<double>(6, 100e-9)}, {0, 3, std::vector<double>(6, 400e-9)}};
    return samples;
}

}  // namespace mobilenet_cost::testing_support
