#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {

// What this computer can do at most, measured, and what follows for a piece of work: the roofline of
// Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
// Architectures", Communications of the ACM 52(4), 2009.

/// A measured rate per second, or why there is none.
struct Rate {
    std::optional<Estimate> per_second;
    std::string reason;  ///< empty when there is an estimate

    bool operator==(const Rate&) const = default;
};

/// What the cores do with values that lie in registers.
struct ComputePeaks {
    std::int64_t threads = 1;
    Rate clock;  ///< cycles of one core, Hz: mean over the cores of the threads
    Rate f32;    ///< FLOP/s of all threads; a multiply-add is two
    Rate i8;     ///< op/s, likewise
    std::optional<double> f32_flops_per_cycle;  ///< of one core, both measured in the same rounds

    bool operator==(const ComputePeaks&) const = default;
};

/// What moves between the cores and one level of the memory.
struct MemoryPeaks {
    std::string level;  ///< "L1", "L2", "L3" or "DRAM"
    std::int64_t threads = 1;
    std::optional<std::int64_t> capacity_bytes;  ///< of all caches of that level that the threads have;
                                                 ///< absent for DRAM, or where the machine does not tell
    std::int64_t used_bytes = 0;                 ///< that all threads together went over again and again
    Rate read;                                   ///< B/s of all threads
    Rate triad;  ///< a = b + s * c; B/s with each of the three arrays counted once

    bool operator==(const MemoryPeaks&) const = default;
};

/// Time of a cache line from one CPU to another and back.
struct RoundTrip {
    int first_cpu = 0;
    int second_cpu = 0;
    Estimate seconds;

    bool operator==(const RoundTrip&) const = default;
};

/// Round trips below this are between cores that share a cache ("near"); on the processors this was tried on,
/// near is 80-120 ns and far is 380-410 ns.
inline constexpr double kNearRoundTripSeconds = 200e-9;

struct MachinePeaks {
    std::string measured_at;      ///< UTC, as in 2026-01-31T12:00:00Z
    std::string instruction_set;  ///< of the f32 and memory kernels; empty: there were no kernels
    std::string i8_instruction;   ///< empty: none
    std::string kernel_library;   ///< name and version
    std::int64_t vector_bytes = 0;
    std::int64_t rounds_asked = 0;
    std::int64_t rounds = 0;  ///< done, before the time was over
    double seconds = 0;       ///< that the measurement took
    std::vector<ComputePeaks> compute;
    std::vector<MemoryPeaks> memory;
    std::vector<RoundTrip> round_trips;
    std::vector<std::string> warnings;

    bool operator==(const MachinePeaks&) const = default;
};

// ---- from samples to peaks ----

/// A figure of each round, in the order taken; the i-th of each vector belong to the same round.
struct ComputeSamples {
    std::int64_t threads = 1;
    std::vector<double> cycles;  ///< per second, sum over the cores of the threads
    std::vector<double> f32;
    std::vector<double> i8;
};

struct MemorySamples {
    std::string level;
    std::int64_t threads = 1;
    std::optional<std::int64_t> capacity_bytes;
    std::int64_t used_bytes = 0;
    std::vector<double> read;
    std::vector<double> triad;
    std::string reason;  ///< why there are no samples
};

struct RoundTripSamples {
    int first_cpu = 0;
    int second_cpu = 0;
    std::vector<double> seconds;
};

/// Vector units for multiply-adds in one core: two in every x86-64 core, four in the largest AArch64 cores.
#if defined(__aarch64__)
inline constexpr int kMostVectorPipes = 4;
#else
inline constexpr int kMostVectorPipes = 2;
#endif
/// Vectors that a core loads from L1 in a cycle: three or, of late, four.
inline constexpr double kMostVectorLoads = 4;
/// For a clock that changed between two blocks of a round.
inline constexpr double kPlausibleSlack = 1.03;

struct PeakSamples {
    MachinePeaks about;  ///< its texts, sizes and rounds; figures and warnings are filled in
    std::string compute_reason;
    std::string i8_reason;  ///< why there are no i8 samples
    std::int64_t i8_vector_bytes = 0;
    std::vector<ComputeSamples> compute;
    std::vector<MemorySamples> memory;
    std::vector<RoundTripSamples> round_trips;
};

inline constexpr double kPeakConfidence = 0.95;

/// Medians with their intervals. A figure above what clock, vector length and pipes allow is refused: the
/// loop behind it did not do its work. A memory level that is quicker than the one nearer to the core is a
/// warning.
[[nodiscard]] MachinePeaks summarise_peaks(const PeakSamples& samples);

// ---- the roofline ----

/// FLOP/s, B/s of the threads. A number of threads that was not measured gets what one thread has times their
/// number, at most what all threads have: at least what is possible, so that a bound remains a bound.
[[nodiscard]] std::optional<double> peak_flops(const MachinePeaks& peaks, std::int64_t threads);
[[nodiscard]] std::optional<double> level_bandwidth(const MachinePeaks& peaks, const std::string& level,
                                                    std::int64_t threads);

/// FLOP per byte above which work from this level is bound by the arithmetic.
[[nodiscard]] std::optional<double> ridge_point(const MachinePeaks& peaks, const std::string& level,
                                                std::int64_t threads);

}  // namespace mobilenet_cost
