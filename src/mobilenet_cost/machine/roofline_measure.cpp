#include "mobilenet_cost/machine/roofline_measure.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/thread_limits.h"
#include "mobilenet_cost/machine/ping_pong.h"

namespace mobilenet_cost {
namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr std::size_t kUnitBytes = kPeakWords * 4;  // ranges are whole multiples of this
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kMostRoundTrips = 8;  // pairs of CPUs

double seconds_since(SteadyTime::time_point start) {
    return std::chrono::duration<double>(SteadyTime::now() - start).count();
}

/// What the kernels return goes here, where the compiler cannot see that nobody reads it.
template <typename Value>
void keep(Value value) {
    asm volatile("" : : "g"(&value) : "memory");
}

struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
};

/// Memory of one thread, touched first by that thread so that it lies near its CPU. Pages of the usual size:
/// the networks' buffers have no others.
class ThreadMemory {
  public:
    explicit ThreadMemory(std::int64_t bytes)
        : bytes_(static_cast<std::size_t>(bytes)),
          memory_(std::aligned_alloc(kPageBytes, (bytes_ / kPageBytes + 1) * kPageBytes)) {
        if (memory_ == nullptr) throw std::bad_alloc();
        std::fill_n(floats(), bytes_ / 4, 1.0F);
    }

    [[nodiscard]] float* floats() const { return static_cast<float*>(memory_.get()); }
    [[nodiscard]] const std::uint32_t* words() const {
        return static_cast<const std::uint32_t*>(memory_.get());
    }

  private:
    std::size_t bytes_;
    std::unique_ptr<void, FreeMemory> memory_;
};

/// A piece of work that a thread repeats; returns its amount in the unit of the figure.
using Piece = std::function<double()>;

/// Amount per second: the median of the pieces that fit into the block. The first one warms up and does not
/// count; one that was interrupted does not matter.
double block_rate(const Piece& piece, double seconds) {
    constexpr std::size_t kLeastPieces = 3;
    keep(piece());
    std::vector<double> rates;
    const auto start = SteadyTime::now();
    auto before = start;
    do {
        const double amount = piece();
        const auto after = SteadyTime::now();
        const double took = std::chrono::duration<double>(after - before).count();
        if (took > 0) rates.push_back(amount / took);
        before = after;
    } while (rates.size() < kLeastPieces || seconds_since(start) < seconds);
    return median(rates);
}

class Sampler {
  public:
    Sampler(const std::vector<int>& cpus, const PeakSettings& settings, std::int64_t most_bytes_of_one,
            std::int64_t most_bytes_of_each)
        : cpus_(cpus), settings_(settings), memory_(cpus.size()) {
        if (const std::string refusal = thread_refusal(static_cast<int>(cpus_.size())); !refusal.empty())
            throw std::runtime_error("the peaks could not be measured: only " + refusal);
        each(cpus_.size(), [&](std::size_t thread) {
            memory_[thread] =
                std::make_unique<ThreadMemory>(thread == 0 ? most_bytes_of_one : most_bytes_of_each);
            return 0.0;
        });
    }

    /// Sum of the threads' rates.
    double rate(std::size_t threads, const std::function<Piece(const ThreadMemory&)>& make_piece) {
        return each(threads, [&](std::size_t thread) {
            return block_rate(make_piece(*memory_[thread]), settings_.block_seconds);
        });
    }

  private:
    /// Runs on the first `threads` CPUs at once; the sum of the results.
    double each(std::size_t threads, const std::function<double(std::size_t)>& run) {
        std::vector<double> results(threads, 0);
        std::barrier start(static_cast<std::ptrdiff_t>(threads));
        std::atomic<bool> failed = false;
        std::vector<std::thread> workers;
        for (std::size_t thread = 0; thread < threads; ++thread) {
            workers.emplace_back([&, thread] {
                try {
                    const auto pin = pin_to_cpu(cpus_[thread]);
                    start.arrive_and_wait();
                    results[thread] = run(thread);
                } catch (const std::exception&) {
                    failed = true;
                    start.arrive_and_drop();
                }
            });
        }
        for (std::thread& worker : workers)
            worker.join();
        if (failed)
            throw std::runtime_error("the peaks could not be measured: no memory, or a CPU was taken away");
        return std::accumulate(results.begin(), results.end(), 0.0);
    }

    const std::vector<int>& cpus_;
    const PeakSettings& settings_;
    std::vector<std::unique_ptr<ThreadMemory>> memory_;
};

Piece cycles_piece() {
    constexpr std::int64_t kAdds = 160'000;  // about 50 us
    return [] {
        keep(dependent_adds(kAdds));
        return static_cast<double>(kAdds);
    };
}

constexpr std::int64_t kSteps = 20'000;  // about 30 us of 12 chains on two pipes

Piece f32_piece(const PeakKernels& kernels) {
    return [&kernels] {
        keep(kernels.multiply_add(kSteps, 0.999F, 0.001F));
        return static_cast<double>(kSteps) * kernels.flops_per_step;
    };
}

Piece i8_piece(const PeakKernels& kernels) {
    return [&kernels] {
        keep(kernels.dot_i8(kSteps));
        return static_cast<double>(kSteps) * kernels.i8_ops_per_step;
    };
}

/// A range that is gone over in pieces of about kPieceBytes: short ranges several times, long ones bit by
/// bit, round and round.
struct Walk {
    static constexpr std::size_t kPieceBytes = std::size_t{2} << 20;  // 10 us from L1, 200 us from DRAM

    explicit Walk(std::size_t range)
        : range_bytes(range),
          piece_bytes(std::min(range, kPieceBytes)),
          repeats(static_cast<std::int64_t>(kPieceBytes / piece_bytes)) {}

    std::size_t next() {
        const std::size_t here = at + piece_bytes <= range_bytes ? at : 0;
        at = here + piece_bytes;
        return here;
    }

    std::size_t range_bytes;
    std::size_t piece_bytes;
    std::int64_t repeats;
    std::size_t at = 0;
};

std::size_t whole_units(std::int64_t bytes) {
    return static_cast<std::size_t>(bytes) / kUnitBytes * kUnitBytes;
}

Piece read_piece(const PeakKernels& kernels, const ThreadMemory& memory, std::int64_t bytes) {
    return [&kernels, &memory, walk = Walk(whole_units(bytes))]() mutable {
        keep(kernels.read(memory.words() + walk.next() / 4, walk.piece_bytes / 4, walk.repeats));
        return static_cast<double>(walk.piece_bytes) * static_cast<double>(walk.repeats);
    };
}

Piece triad_piece(const PeakKernels& kernels, const ThreadMemory& memory, std::int64_t bytes) {
    return [&kernels, &memory, walk = Walk(whole_units(bytes / 3))]() mutable {
        float* sums = memory.floats() + walk.next() / 4;
        const std::size_t apart = walk.range_bytes / 4;
        keep(kernels.triad(sums, sums + apart, sums + 2 * apart, 0.5F, walk.piece_bytes / 4, walk.repeats));
        return 3 * static_cast<double>(walk.piece_bytes) * static_cast<double>(walk.repeats);
    };
}

/// One number of threads: what is measured, and where its samples go.
struct Group {
    std::size_t threads = 1;
    std::vector<LevelPlan> levels;
    ComputeSamples compute;
    std::vector<MemorySamples> memory;
};

Group make_group(std::size_t threads, const Topology& topology, std::optional<std::int64_t> available) {
    Group group;
    group.threads = threads;
    group.compute.threads = static_cast<std::int64_t>(threads);
    group.levels = plan_levels(topology, group.compute.threads, available);
    for (const LevelPlan& plan : group.levels) {
        MemorySamples samples;
        samples.level = plan.level;
        samples.threads = group.compute.threads;
        samples.capacity_bytes = plan.capacity_bytes;
        samples.used_bytes = plan.thread_bytes * group.compute.threads;
        samples.reason = plan.reason;
        group.memory.push_back(std::move(samples));
    }
    return group;
}

std::int64_t most_thread_bytes(const Group& group) {
    std::int64_t most = static_cast<std::int64_t>(kPageBytes);
    for (const LevelPlan& plan : group.levels)
        most = std::max(most, plan.thread_bytes);
    return most;
}

/// The clock directly before the arithmetic, because the one is divided by the other.
void sample_round(Sampler& sampler, const PeakKernels& kernels, Group& group) {
    const std::size_t threads = group.threads;
    group.compute.cycles.push_back(sampler.rate(threads, [](const ThreadMemory&) { return cycles_piece(); }));
    group.compute.f32.push_back(
        sampler.rate(threads, [&](const ThreadMemory&) { return f32_piece(kernels); }));
    if (kernels.dot_i8 != nullptr)
        group.compute.i8.push_back(
            sampler.rate(threads, [&](const ThreadMemory&) { return i8_piece(kernels); }));
    for (std::size_t i = 0; i < group.levels.size(); ++i) {
        const std::int64_t bytes = group.levels[i].thread_bytes;
        if (bytes == 0) continue;
        group.memory[i].read.push_back(sampler.rate(
            threads, [&](const ThreadMemory& memory) { return read_piece(kernels, memory, bytes); }));
        group.memory[i].triad.push_back(sampler.rate(
            threads, [&](const ThreadMemory& memory) { return triad_piece(kernels, memory, bytes); }));
    }
}

/// The first CPU with others, evenly spread: with many CPUs not each pair, but some from near to far.
std::vector<RoundTripSamples> round_trip_pairs(const std::vector<int>& cpus) {
    std::vector<RoundTripSamples> pairs;
    const std::size_t others = cpus.size() - 1;
    const std::size_t count = std::min(others, kMostRoundTrips);
    for (std::size_t i = 0; i < count; ++i)
        pairs.push_back({cpus.front(), cpus[1 + i * others / count], {}});
    return pairs;
}

void sample_round_trips(std::vector<RoundTripSamples>& pairs) {
    for (RoundTripSamples& pair : pairs) {
        if (const auto seconds = ping_pong_seconds(pair.first_cpu, pair.second_cpu, 0.01))
            pair.seconds.push_back(*seconds);
    }
}

void describe_kernels(const PeakKernels& kernels, PeakSamples& samples) {
    samples.about.instruction_set = kernels.target;
    samples.about.kernel_library = kernels.library;
    samples.about.vector_bytes = kernels.vector_bytes;
    if (kernels.dot_i8 != nullptr) {
        samples.about.i8_instruction = kernels.i8_instruction;
    } else {
        samples.i8_reason = kernels.i8_instruction;
    }
    samples.i8_vector_bytes = kernels.i8_vector_bytes;
}

void warn_of_build(std::vector<std::string>& warnings) {
    if (build_info().optimised && !build_info().sanitized) return;
    warnings.emplace_back(
        "this build is not optimised or carries a sanitizer: its peaks are below the machine's; use the "
        "release build");
}

void explain_absence(const std::string& reason, std::vector<Group>& groups, PeakSamples& samples) {
    samples.compute_reason = reason;
    samples.i8_reason = reason;
    for (Group& group : groups) {
        for (MemorySamples& row : group.memory)
            row.reason = reason;
    }
}

void sample_rounds(const PeakKernels& kernels, const std::vector<int>& cpus, const PeakSettings& settings,
                   std::vector<Group>& groups, PeakSamples& samples) {
    const auto start = SteadyTime::now();
    Sampler sampler(cpus, settings,
                    std::max(most_thread_bytes(groups.front()), most_thread_bytes(groups.back())),
                    most_thread_bytes(groups.back()));
    samples.round_trips = round_trip_pairs(cpus);
    for (std::int64_t round = 0; round < settings.rounds; ++round) {
        if (round > 0 && seconds_since(start) > settings.max_seconds) return;
        for (Group& group : groups)
            sample_round(sampler, kernels, group);
        sample_round_trips(samples.round_trips);
        samples.about.rounds = round + 1;
        if (settings.progress) settings.progress(round + 1, settings.rounds);
    }
}

LevelPlan plan_cache(const Topology& topology, int level, std::int64_t threads) {
    constexpr std::int64_t kFractions[] = {1, 2, 2, 4};  // 1 / of a cache of level 1, 2, 3
    LevelPlan plan;
    plan.level = fmt::format("L{}", level);
    const CacheLevel* cache = find_data_cache(topology, level);
    if (cache == nullptr) {
        plan.reason = fmt::format("this machine shows no {} cache", plan.level);
        return plan;
    }
    // Threads fill one cache after the other: the first CPUs are neighbours.
    const std::int64_t sharing = std::max(cache->cpus_per_cache, 1);
    const std::int64_t instances =
        std::clamp<std::int64_t>((threads + sharing - 1) / sharing, 1, std::max(cache->instances, 1));
    plan.capacity_bytes = cache->bytes * instances;
    plan.thread_bytes = *plan.capacity_bytes / kFractions[level] / threads;
    constexpr std::int64_t kLeast = 3 * static_cast<std::int64_t>(kUnitBytes);  // one unit of each array
    if (plan.thread_bytes < kLeast) {
        plan.thread_bytes = 0;
        plan.reason = fmt::format("the {} cache is too small for its {} CPUs", plan.level, sharing);
    }
    return plan;
}

LevelPlan plan_memory(std::int64_t last_cache_bytes, std::int64_t threads,
                      std::optional<std::int64_t> available) {
    constexpr std::int64_t kLeast = std::int64_t{256} << 20;
    constexpr std::int64_t kLeastOverCache = 2;  // below it, a good part is served by the cache
    LevelPlan plan;
    plan.level = "DRAM";
    const std::int64_t wanted = std::max(kLeast, 4 * last_cache_bytes);
    const std::int64_t bytes = std::min(wanted, available.value_or(wanted * 4) / 4);
    if (bytes < kLeastOverCache * last_cache_bytes || bytes < kLeast / 4) {
        plan.reason = "too little memory is available to leave the caches";
        return plan;
    }
    plan.thread_bytes = bytes / threads;
    return plan;
}

}  // namespace

std::vector<LevelPlan> plan_levels(const Topology& topology, std::int64_t threads,
                                   std::optional<std::int64_t> available_bytes) {
    std::vector<LevelPlan> plans;
    std::int64_t largest = 0;
    for (const int level : {1, 2, 3}) {
        plans.push_back(plan_cache(topology, level, threads));
        largest = std::max(largest, plans.back().capacity_bytes.value_or(0));
    }
    plans.push_back(plan_memory(largest, threads, available_bytes));
    return plans;
}

PeakSamples sample_peaks(const PeakKernelsStatus& kernels, const Topology& topology,
                         const std::vector<int>& cpus, const PeakSettings& settings) {
    if (cpus.empty()) throw std::runtime_error("this system does not tell which CPUs the process may run on");
    const auto start = SteadyTime::now();
    PeakSamples samples;
    samples.about.measured_at = utc_now();
    samples.about.rounds_asked = settings.rounds;
    warn_of_build(samples.about.warnings);
    std::vector<Group> groups = {make_group(1, topology, available_memory_bytes())};
    if (cpus.size() > 1) groups.push_back(make_group(cpus.size(), topology, available_memory_bytes()));
    if (kernels.kernels == nullptr) {
        explain_absence(kernels.reason, groups, samples);
    } else {
        describe_kernels(*kernels.kernels, samples);
        sample_rounds(*kernels.kernels, cpus, settings, groups, samples);
    }
    for (Group& group : groups) {
        samples.compute.push_back(std::move(group.compute));
        std::move(group.memory.begin(), group.memory.end(), std::back_inserter(samples.memory));
    }
    samples.about.seconds = seconds_since(start);
    return samples;
}

MachinePeaks measure_peaks(const PeakSettings& settings) {
    return summarise_peaks(sample_peaks(find_peak_kernels(), read_topology(), allowed_cpus(), settings));
}

}  // namespace mobilenet_cost
