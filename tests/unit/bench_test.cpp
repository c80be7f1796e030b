#include "mobilenet_cost/sweep/bench.h"

#include <atomic>
#include <cmath>
#include <cstddef>
#include <map>
#include <new>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/bench_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::BenchNetwork;
using testing_support::BenchOutcome;
using testing_support::fake_timing;
using testing_support::FakeBench;
using testing_support::run_bench;
using testing_support::small_model;

const BenchNetwork& row_of(const BenchOutcome& result, NetworkKind kind, const std::string& engine = "fake",
                           int threads = 1) {
    for (const BenchNetwork& row : result.networks) {
        if (row.network == kind && row.engine == engine && row.threads == threads) return row;
    }
    throw std::runtime_error("no such row");
}

struct BenchTest : testing::Test {
    BenchOutcome run(const Variant& variant = {.alpha = 0.5, .resolution = 32}) {
        return run_bench({variant}, settings, fake.hooks());
    }

    FakeBench fake;
    SweepTiming settings = fake_timing();
};

TEST_F(BenchTest, TimesTheThreeNetworksAndComparesThem) {
    // The fake engine's time is 1 ns for each MAC: what is on paper is what is measured.
    const BenchOutcome result = run();
    ASSERT_EQ(result.networks.size(), 3U);
    for (const BenchNetwork& row : result.networks) {
        SCOPED_TRACE(network_kind_name(row.network));
        EXPECT_EQ(row.status, BenchStatus::ok) << row.reason;
        ASSERT_TRUE(row.seconds.has_value());
        EXPECT_NEAR(row.seconds->value, static_cast<double>(row.counts->macs) * 1e-9, 1e-12);
        EXPECT_TRUE(row.seconds->interval.has_value());
        EXPECT_EQ(row.samples.blocks.size(), 8U);
        EXPECT_EQ(total_bytes(*row.memory), 4096);
        EXPECT_EQ(row.counts->peak_activation_bytes % 4, 0);
        EXPECT_LT(row.counts->peak_activation_bytes, row.counts->activation_bytes);
    }
    ASSERT_EQ(result.comparisons.size(), 2U);
    for (const BenchComparison& row : result.comparisons) {
        EXPECT_EQ(row.status, BenchStatus::ok);
        EXPECT_NEAR(row.speedup->value, *row.analytic_speedup, 1e-6);
        EXPECT_NEAR(row.kept->value, 1, 1e-6);
        EXPECT_NEAR(row.kept->interval->low, 1, 1e-6);
    }
    EXPECT_EQ(result.run.measurement.ended, Ended::precise_enough);
    EXPECT_TRUE(result.profiles.empty());
}

TEST_F(BenchTest, CountsAreThoseOfTheNetworks) {
    const BenchOutcome result = run();
    const Network network = expand(small_model(), {.alpha = 0.5, .resolution = 32});
    const Network base = expand(small_model(), {});
    EXPECT_EQ(row_of(result, NetworkKind::separable).counts->macs, total_cost(network).macs);
    EXPECT_EQ(row_of(result, NetworkKind::standard).counts->macs,
              total_cost(standard_counterpart(network)).macs);
    EXPECT_EQ(row_of(result, NetworkKind::base).counts->macs, total_cost(base).macs);
    const SweepCell& base_cell = result.run.cells[result.variants.front().base_cell];
    EXPECT_EQ(base_cell.variant.alpha, 1);
    EXPECT_EQ(base_cell.variant.resolution, 64);
    EXPECT_EQ(result.run.cells.front().beta, 0.5);
}

TEST_F(BenchTest, EveryRoundVisitsEveryRow) {
    settings.threads = {1, 2};
    const BenchOutcome result = run();
    ASSERT_EQ(result.networks.size(), 6U);
    ASSERT_EQ(result.run.measurement.order.size(), 8U);
    for (const auto& round : result.run.measurement.order) {
        EXPECT_EQ(std::set<std::size_t>(round.begin(), round.end()),
                  (std::set<std::size_t>{0, 1, 2, 3, 4, 5}));
    }
    EXPECT_EQ(run().run.measurement.order, result.run.measurement.order);
}

TEST_F(BenchTest, TheBaseIsNotComparedWithItself) {
    const BenchOutcome result = run({.alpha = 1, .resolution = 64});
    ASSERT_EQ(result.networks.size(), 2U);
    ASSERT_EQ(result.comparisons.size(), 2U);
    EXPECT_EQ(result.comparisons[1].slower, NetworkKind::base);
    EXPECT_EQ(result.comparisons[1].status, BenchStatus::skipped);
    EXPECT_EQ(result.comparisons[1].reason, "the variant is the base model itself");
    EXPECT_FALSE(result.comparisons[1].speedup.has_value());
    EXPECT_EQ(result.comparisons[0].status, BenchStatus::ok);
}

TEST_F(BenchTest, AnUnavailableEngineIsARow) {
    settings.engines = {"absent", "fake"};
    const BenchOutcome result = run();
    EXPECT_EQ(row_of(result, NetworkKind::base, "absent").status, BenchStatus::skipped);
    EXPECT_EQ(row_of(result, NetworkKind::base, "absent").reason, "not built");
    EXPECT_EQ(row_of(result, NetworkKind::base).status, BenchStatus::ok);
    EXPECT_EQ(result.comparisons[0].status, BenchStatus::skipped);
    EXPECT_EQ(result.comparisons[0].reason, "standard: not built");
    EXPECT_TRUE(result.comparisons[0].analytic_speedup.has_value());
}

TEST(ChooseEngines, TheNaiveOneIsNoSubstituteForWhatIsNotThere) {
    const EngineStatus fast{.name = "fast", .available = false, .reason = "not built: left out", .info = {}};
    const EngineStatus slow{.name = "slow", .available = true, .reason = "", .info = {}};
    const EngineStatus naive{.name = "reference", .available = true, .reason = "", .info = {}};
    try {
        (void)choose_engines({fast, naive}, {});
        FAIL() << "expected an Error";
    } catch (const Error& error) {
        EXPECT_STREQ(
            error.what(),
            "--engine: expected an engine that is worth timing, found none: \"fast\" is not available: not "
            "built: left out; --engine reference runs the naive one");
    }
    EXPECT_EQ(choose_engines({fast, naive}, {"reference"}).front().name, "reference");
    EXPECT_EQ(choose_engines({fast, slow, naive}, {}).front().name, "slow");
    EXPECT_EQ(choose_engines({naive}, {}).front().name, "reference");
}

TEST_F(BenchTest, AnUnknownEngineIsAnError) {
    settings.engines = {"fakr"};
    try {
        (void)run();
        FAIL() << "expected an Error";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "--engine: unknown engine \"fakr\" (did you mean \"fake\"?)");
    }
    EXPECT_EQ(fake.sessions, 0);
}

TEST_F(BenchTest, WithoutAnEngineNameTheFirstAvailable) {
    const BenchOutcome result = run();
    EXPECT_EQ(result.run.timing.engines, std::vector<std::string>{"fake"});
    fake.available = false;
    EXPECT_THROW((void)run(), Error);
}

TEST_F(BenchTest, WhatAnEngineRefusesIsSkippedWhatBreaksIsFailed) {
    fake.make = [](const Network& network) {
        if (network.input.h == 64) throw Error("no kernel for this");
        if (separable_pairs(network).empty()) throw std::bad_alloc();
    };
    const BenchOutcome result = run();
    EXPECT_EQ(row_of(result, NetworkKind::base).status, BenchStatus::skipped);
    EXPECT_EQ(row_of(result, NetworkKind::base).reason, "no kernel for this");
    EXPECT_EQ(row_of(result, NetworkKind::standard).status, BenchStatus::failed);
    EXPECT_EQ(row_of(result, NetworkKind::standard).reason, "out of memory");
    EXPECT_EQ(row_of(result, NetworkKind::separable).status, BenchStatus::ok);
    EXPECT_EQ(result.comparisons[0].reason, "standard: out of memory");
}

TEST_F(BenchTest, ASessionThatThrowsWhileRunningFails) {
    fake.run = [this](const Network& network) {
        if (network.input.h == 64 && fake.clock.nanoseconds > 0) throw std::runtime_error("illegal opcode");
    };
    const BenchOutcome result = run();
    EXPECT_EQ(row_of(result, NetworkKind::base).status, BenchStatus::failed);
    EXPECT_EQ(row_of(result, NetworkKind::base).reason, "illegal opcode");
    EXPECT_FALSE(row_of(result, NetworkKind::base).seconds.has_value());
    EXPECT_EQ(result.comparisons[0].status, BenchStatus::ok);
    EXPECT_EQ(result.comparisons[1].status, BenchStatus::failed);
}

TEST_F(BenchTest, RefusesANetworkThatDoesNotFitIntoMemory) {
    const BenchOutcome fits = run();
    const NetworkCounts& base = *row_of(fits, NetworkKind::base).counts;
    const std::int64_t needed = 2 * base.weight_bytes + base.activation_bytes;
    const NetworkCounts& standard = *row_of(fits, NetworkKind::standard).counts;
    ASSERT_LT(2 * standard.weight_bytes + standard.activation_bytes, needed);
    fake.available_memory = needed;
    EXPECT_EQ(row_of(run(), NetworkKind::base).status, BenchStatus::ok);
    fake.available_memory = needed - 1;
    fake.sessions = 0;
    const BenchOutcome result = run();
    EXPECT_EQ(row_of(result, NetworkKind::base).status, BenchStatus::skipped);
    EXPECT_EQ(row_of(result, NetworkKind::base).reason.rfind("needs ", 0), 0U);
    EXPECT_EQ(row_of(result, NetworkKind::standard).status, BenchStatus::ok);
    EXPECT_EQ(fake.sessions, 2);
}

TEST_F(BenchTest, UnknownMemoryRefusesNothing) {
    fake.available_memory = std::nullopt;
    EXPECT_EQ(row_of(run(), NetworkKind::base).status, BenchStatus::ok);
}

TEST_F(BenchTest, AnInterruptBeforeTheFirstRoundLeavesRowsWithAReason) {
    std::atomic<bool> stop = true;
    SweepHooks hooks = fake.hooks();
    hooks.stop = &stop;
    settings.layers = true;
    const BenchOutcome result = run_bench({{.alpha = 0.5}}, settings, hooks);
    EXPECT_EQ(result.run.measurement.ended, Ended::interrupted);
    for (const BenchNetwork& row : result.networks) {
        EXPECT_EQ(row.status, BenchStatus::skipped);
        EXPECT_EQ(row.reason, "interrupted before the first round");
    }
    ASSERT_EQ(result.profiles.size(), 1U);
    EXPECT_EQ(result.profiles[0].status, BenchStatus::skipped);
}

TEST_F(BenchTest, DriftOfTheMachineCancelsInTheSpeedup) {
    fake.slowness = [this] { return 1 + 0.02 * static_cast<double>(fake.clock.nanoseconds) * 1e-9; };
    const BenchOutcome result = run();
    const Estimate& variant = *row_of(result, NetworkKind::separable).seconds;
    EXPECT_GT(variant.interval->high / variant.interval->low, 1.005);
    for (const BenchComparison& row : result.comparisons) {
        EXPECT_NEAR(row.kept->value, 1, 0.002);
        EXPECT_LT(row.speedup->interval->high / row.speedup->interval->low, 1.004);
    }
}

TEST_F(BenchTest, LayersSumToTheWholePass) {
    settings.layers = true;
    const BenchOutcome result = run();
    ASSERT_EQ(result.profiles.size(), 1U);
    const LayerProfile& profile = result.profiles[0];
    ASSERT_EQ(profile.status, BenchStatus::ok) << profile.reason;
    const Network network = expand(small_model(), {.alpha = 0.5, .resolution = 32});
    ASSERT_EQ(profile.layers.size(), network.layers.size());
    double shares = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const LayerTime& layer = profile.layers[i];
        EXPECT_EQ(layer.name, layer_name(network, i));
        EXPECT_EQ(layer.macs, layer_cost(network.layers[i]).macs);
        EXPECT_NEAR(layer.seconds.value, static_cast<double>(layer.macs) * 1e-9, 1e-12);
        EXPECT_NEAR(layer.mean_seconds, layer.seconds.value, 1e-12);
        EXPECT_EQ(layer.kernel, "fake kernel");
        shares += layer.time_share;
    }
    EXPECT_NEAR(shares, 1, 1e-9);
    EXPECT_NEAR(profile.residual_seconds, 0, 1e-9);
    EXPECT_NEAR(profile.sum_seconds, profile.whole_seconds.value, 1e-9);
    // The fake engine's clock readings cost 10 % of a pass.
    EXPECT_NEAR(profile.clock_overhead->value, 1.1, 1e-6);
    EXPECT_TRUE(profile.clock_overhead->interval.has_value());
    EXPECT_GE(profile.passes, 15);
}

TEST_F(BenchTest, ClassesSumToTheNetwork) {
    settings.layers = true;
    const BenchOutcome result = run();
    const LayerProfile& profile = result.profiles.at(0);
    double macs = 0;
    double traffic = 0;
    double time = 0;
    std::map<LayerClass, std::int64_t> layers;
    for (const ClassShare& row : profile.classes) {
        macs += row.mac_share;
        traffic += row.traffic_share;
        time += row.time_share;
        layers[row.layer_class] = row.layers;
        EXPECT_NEAR(row.mac_share, row.time_share, 1e-6);  // 1 ns for each MAC
    }
    EXPECT_NEAR(macs, 1, 1e-9);
    EXPECT_NEAR(traffic, 1, 1e-9);
    EXPECT_NEAR(time, 1, 1e-9);
    const std::map<LayerClass, std::int64_t> expected = {{LayerClass::first_conv, 1},
                                                         {LayerClass::depthwise, 2},
                                                         {LayerClass::pointwise, 2},
                                                         {LayerClass::pooling, 1},
                                                         {LayerClass::classifier, 1}};
    EXPECT_EQ(layers, expected);
}

TEST(LayerClasses, OfAnInvertedResidualWithSqueezeExcite) {
    Network network;
    const auto add = [&network](LayerKind kind, Role role, std::int64_t in, std::int64_t out) {
        Layer layer;
        layer.kind = kind;
        layer.role = role;
        layer.input = {.n = 1, .h = 8, .w = 8, .c = in};
        layer.output = {.n = 1, .h = 8, .w = 8, .c = out};
        network.layers.push_back(layer);
        return layer_class(network, network.layers.size() - 1);
    };
    EXPECT_EQ(add(Conv{.kernel = 3, .padding = {}}, Role::whole, 3, 16), LayerClass::first_conv);
    EXPECT_EQ(add(Conv{}, Role::expand, 16, 64), LayerClass::pointwise);
    EXPECT_EQ(add(Conv{.kernel = 5, .groups = 64, .padding = {}}, Role::depthwise, 64, 64),
              LayerClass::depthwise);
    EXPECT_EQ(add(GlobalPool{}, Role::squeeze_pool, 64, 64), LayerClass::squeeze_excite);
    EXPECT_EQ(add(Conv{}, Role::squeeze_reduce, 64, 16), LayerClass::squeeze_excite);
    EXPECT_EQ(add(Scale{}, Role::squeeze_scale, 64, 64), LayerClass::squeeze_excite);
    EXPECT_EQ(add(Conv{.kernel = 3, .padding = {}}, Role::separable_standard, 64, 16), LayerClass::conv);
    EXPECT_EQ(add(Add{}, Role::add, 16, 16), LayerClass::element_wise);
    EXPECT_EQ(add(GlobalPool{}, Role::whole, 16, 16), LayerClass::pooling);
    EXPECT_EQ(add(Conv{.padding = {}, .bias = true}, Role::classifier, 16, 10), LayerClass::classifier);
}

/// A bench whose fake session holds `weights` and `input`, and whose evictions take 1 ms each.
struct FlushTest : BenchTest {
    FlushTest() {
        fake.regions = {.weights = {{weights.data(), weights.size()}},
                        .others = {{input.data(), input.size()}}};
        evictor = {.method = "fake", .by_line = true, .evict = [this](std::span<const MemoryRegion> regions) {
                       last.assign(regions.begin(), regions.end());
                       ++evictions;
                       fake.clock.nanoseconds += 1000000;
                   }};
    }

    BenchOutcome run_flushed() {
        SweepHooks hooks = fake.hooks();
        hooks.evictor = evictor;
        return run_bench({{.alpha = 0.5, .resolution = 32}}, settings, hooks);
    }

    std::vector<std::byte> weights = std::vector<std::byte>(100);
    std::vector<std::byte> input = std::vector<std::byte>(50);
    std::vector<MemoryRegion> last;
    std::int64_t evictions = 0;
    Evictor evictor;
};

TEST_F(FlushTest, EvictsBeforeEachPassAndOutsideItsTime) {
    settings.cache = CacheMode::cold_weights;
    std::int64_t passes = 0;
    fake.run = [&](const Network&) { ++passes; };
    const BenchOutcome result = run_flushed();
    EXPECT_GT(passes, 0);
    EXPECT_GE(evictions, passes);  // and for the probe
    EXPECT_LE(evictions, passes + 20);
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].begin, weights.data());
    for (const BenchNetwork& row : result.networks) {
        ASSERT_EQ(row.status, BenchStatus::ok) << row.reason;
        EXPECT_EQ(row.samples.size.group, 1);
        EXPECT_NEAR(row.seconds->value, static_cast<double>(row.counts->macs) * 1e-9, 1e-12);
    }
    EXPECT_EQ(result.run.cache_flush.mode, CacheMode::cold_weights);
    EXPECT_EQ(result.run.cache_flush.method, "fake");
    EXPECT_EQ(result.run.cache_flush.verified, false);  // it evicts nothing
    EXPECT_GT(result.run.cache_flush.warm_ns_per_line, 0);
}

TEST_F(FlushTest, ColdEvictsTheActivationsToo) {
    settings.cache = CacheMode::cold;
    (void)run_flushed();
    ASSERT_EQ(last.size(), 2U);
    EXPECT_EQ(last[1].begin, input.data());
}

TEST_F(FlushTest, WarmEvictsNothing) {
    const BenchOutcome result = run_flushed();
    EXPECT_EQ(evictions, 0);
    EXPECT_FALSE(result.run.cache_flush.verified.has_value());
}

TEST_F(FlushTest, WeightsThatCannotBeEvictedAloneAreSkipped) {
    settings.cache = CacheMode::cold_weights;
    evictor.by_line = false;
    for (const BenchNetwork& row : run_flushed().networks) {
        EXPECT_EQ(row.status, BenchStatus::skipped);
        EXPECT_EQ(row.reason,
                  "--cache: the weights alone are evicted line by line, which is not possible here");
    }
    evictor.by_line = true;
    fake.regions = {};
    for (const BenchNetwork& row : run_flushed().networks)
        EXPECT_EQ(row.reason, "--cache: the engine does not tell where its packed weights lie");
    settings.cache = CacheMode::cold;
    evictor.by_line = false;  // evicts everything, known or not
    for (const BenchNetwork& row : run_flushed().networks)
        EXPECT_EQ(row.status, BenchStatus::ok);
}

TEST_F(FlushTest, IsolatedLayersAreFlushed) {
    settings.cache = CacheMode::cold_weights;
    settings.layers = true;
    settings.layer_mode = LayerMode::isolated;
    const BenchOutcome result = run_flushed();
    ASSERT_EQ(result.profiles.at(0).status, BenchStatus::ok) << result.profiles[0].reason;
    for (const LayerTime& layer : result.profiles[0].layers)
        EXPECT_NEAR(layer.seconds.value, static_cast<double>(layer.macs) * 1e-9, 1e-12);
}

TEST_F(BenchTest, IsolatedLayersHaveTheirOwnTimes) {
    settings.layers = true;
    settings.layer_mode = LayerMode::isolated;
    const BenchOutcome result = run();
    const LayerProfile& profile = result.profiles.at(0);
    ASSERT_EQ(profile.status, BenchStatus::ok) << profile.reason;
    EXPECT_EQ(profile.mode, LayerMode::isolated);
    ASSERT_EQ(profile.layers.size(), 7U);
    for (const LayerTime& layer : profile.layers) {
        EXPECT_NEAR(layer.seconds.value, static_cast<double>(layer.macs) * 1e-9, 1e-12);
        EXPECT_NEAR(layer.mean_seconds, layer.seconds.value, 1e-12);
    }
    EXPECT_NEAR(profile.residual_seconds, 0, 1e-9);
    EXPECT_FALSE(profile.clock_overhead.has_value());
    EXPECT_GE(profile.passes, 15);
    EXPECT_EQ(fake.sessions, 3 + 7);
}

TEST_F(BenchTest, ALayerThatCannotRunByItselfFailsItsProfile) {
    settings.layers = true;
    settings.layer_mode = LayerMode::isolated;
    fake.make = [](const Network& network) {
        if (network.layers.size() == 1) throw Error("one layer is too few");
    };
    const BenchOutcome result = run();
    EXPECT_EQ(row_of(result, NetworkKind::separable).status, BenchStatus::ok);
    EXPECT_EQ(result.profiles.at(0).status, BenchStatus::failed);
    EXPECT_EQ(result.profiles.at(0).reason, "one layer is too few");
}

TEST_F(BenchTest, ReportsEveryPhase) {
    settings.layers = true;
    std::set<SweepProgress::Phase> phases;
    SweepHooks hooks = fake.hooks();
    hooks.progress = [&](const SweepProgress& progress) {
        phases.insert(progress.phase);
        EXPECT_LE(progress.done, progress.total);
    };
    (void)run_bench({{.alpha = 0.5}}, settings, hooks);
    EXPECT_EQ(phases.size(), 5U);
}

TEST_F(BenchTest, RefusesSettingsOutOfRange) {
    settings.rounds = 0;
    EXPECT_THROW((void)run(), Error);
    settings = fake_timing();
    settings.threads = {0};
    EXPECT_THROW((void)run(), Error);
    settings = fake_timing();
    settings.max_seconds = -1;
    EXPECT_THROW((void)run(), Error);
    settings = fake_timing();
    settings.pin_cpu = 1 << 20;
    EXPECT_THROW((void)run(), Error);
    EXPECT_EQ(fake.sessions, 0);
}

TEST_F(BenchTest, RateNeedsATime) {
    EXPECT_EQ(flops_per_second(500, 1e-6), 1e9);
    EXPECT_FALSE(flops_per_second(500, 0).has_value());
}

}  // namespace
}  // namespace mobilenet_cost
