#include "mobilenet_cost/measure/cache_flush.h"

#include <array>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

TEST(CacheFlush, NothingIsEvictedWarm) {
    const Evictor evictor{.method = "never", .by_line = true, .evict = [](auto) { FAIL(); }};
    const CacheFlush flush = verify_flush(CacheMode::warm, evictor);
    EXPECT_EQ(flush.mode, CacheMode::warm);
    EXPECT_EQ(flush.method, "");
    EXPECT_FALSE(flush.verified.has_value());
    EXPECT_FALSE(flush.warm_ns_per_line.has_value());
}

TEST(CacheFlush, AnEvictorThatDoesNothingIsNotVerified) {
    const CacheFlush flush =
        verify_flush(CacheMode::cold, {.method = "nothing", .by_line = true, .evict = [](auto) {}});
    EXPECT_EQ(flush.method, "nothing");
    EXPECT_EQ(flush.verified, false);
}

/// How much longer depends on what else runs here, so the verdict only has to follow from the readings.
TEST(CacheFlush, TheVerdictFollowsFromTheReadings) {
    MachineInfo small;  // its sweep empties the second-level cache, which is where the probe lies
    small.caches = {{.level = 2, .type = "Unified", .bytes = 2 << 20}};
    std::vector<Evictor> evictors = {sweep_evictor(small)};
    if (const auto by_line = line_evictor()) evictors.push_back(*by_line);
    for (const Evictor& evictor : evictors) {
        SCOPED_TRACE(evictor.method);
        const CacheFlush flush = verify_flush(CacheMode::cold, evictor);
        EXPECT_EQ(flush.mode, CacheMode::cold);
        ASSERT_TRUE(flush.warm_ns_per_line && flush.flushed_ns_per_line && flush.verified);
        EXPECT_GT(*flush.warm_ns_per_line, 0);
        EXPECT_EQ(*flush.verified, *flush.flushed_ns_per_line >= kFlushedFactor * *flush.warm_ns_per_line);
    }
}

#if defined(__x86_64__)
TEST(CacheFlush, AMisalignedRegionIsEvictedAndUnchanged) {
    std::array<unsigned char, 200> bytes{};
    bytes.fill(7);
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    const std::array regions = {MemoryRegion{begin + 3, 190}, MemoryRegion{nullptr, 0}};
    line_evictor()->evict(regions);
    for (const unsigned char byte : bytes)
        EXPECT_EQ(byte, 7);
}
#endif

TEST(CacheFlush, TheSweepIsFourTimesTheLargestCache) {
    MachineInfo machine;
    machine.caches = {{.level = 1, .type = "Data", .bytes = 32 << 10},
                      {.level = 3, .type = "Unified", .bytes = 4 << 20}};
    EXPECT_EQ(sweep_evictor(machine).method, "sweep of 16.0 MiB");
    EXPECT_FALSE(sweep_evictor(machine).by_line);
}

TEST(CacheFlush, ModesAreReadByName) {
    for (const CacheMode mode : {CacheMode::warm, CacheMode::cold_weights, CacheMode::cold})
        EXPECT_EQ(read_cache_mode(std::string(cache_mode_name(mode))), mode);
    try {
        (void)read_cache_mode("cold_weights");
        FAIL() << "expected an Error";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "--cache: unknown mode \"cold_weights\" (did you mean \"cold-weights\"?)");
    }
}

}  // namespace
}  // namespace mobilenet_cost
