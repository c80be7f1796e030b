#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// A network that is timed as a whole.
struct WholeNetwork {
    Network network;
    std::int64_t traffic_bytes = 0;  ///< of one pass: weights and activations, each moved once
};

/// What one benchmark times. The network is made when the benchmark runs: only listing names builds none.
struct Pass {
    std::string name;
    std::function<WholeNetwork()> make;
    std::string engine;
    int threads = 1;
    benchmark::TimeUnit unit = benchmark::kMillisecond;
    bool label_kernels = false;  ///< the row tells the kernels that the engine chose
};

/// Registers forward passes. Google Benchmark calls one benchmark many times, to find its number of
/// iterations and to repeat it: the session stays for the next call, and goes when another benchmark needs
/// one, so that never more than one network is in memory.
class Passes {
  public:
    Passes();
    ~Passes();
    Passes(const Passes&) = delete;
    Passes& operator=(const Passes&) = delete;

    /// The benchmark refers to this object.
    void add(Pass pass);

  private:
    struct Ready;

    /// Throws Error, or what the engine throws.
    Ready& ready(const Pass& pass);
    void time(benchmark::State& state, const Pass& pass);

    std::unique_ptr<Ready> ready_;
};

}  // namespace mobilenet_cost
