#include "mobilenet_cost/machine/machine_json.h"

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"

#include "unit/peaks_support.h"

namespace mobilenet_cost {
namespace {

MachineInfo some_machine() {
    MachineInfo machine;
    machine.cpu = {.model_name = "AMD EPYC",
                   .vendor = "AuthenticAMD",
                   .family = 25,
                   .model = 1,
                   .stepping = 1,
                   .hypervisor = true};
    machine.allowed_cpus = {0, 1};
    machine.caches = {{1, "Data", 32768}, {2, "Unified", 524288}};
    machine.memory.total_bytes = 16'000'000'000;
    machine.kernel = "Linux 6.1";
    return machine;
}

constexpr BuildInfo some_build() {
    BuildInfo build;
    build.version = "1.2.3";
    build.compiler = "GNU 12";
    build.build_type = "Release";
    build.flags = "-O3";
    return build;
}
constexpr BuildInfo kBuild = some_build();

TEST(Fingerprint, StaysForWhatDoesNotMatter) {
    const MachineFingerprint first = fingerprint_of(some_machine(), kBuild);
    MachineInfo machine = some_machine();
    machine.kernel = "Linux 7.0";
    machine.load_average = {{3, 2, 1}};
    machine.governor = "performance";
    machine.memory.total_bytes = 15'900'000'000;  // the kernel takes a little more
    machine.memory.available_bytes = 1;
    machine.allowed_cpus = {2, 3};  // two others
    EXPECT_EQ(fingerprint_of(machine, kBuild), first);
    EXPECT_EQ(fingerprint_hash(fingerprint_of(machine, kBuild)), fingerprint_hash(first));
}

TEST(Fingerprint, ChangesWithTheMachineAndTheBuild) {
    std::vector<MachineFingerprint> all = {fingerprint_of(some_machine(), kBuild)};
    const auto add = [&](auto change) {
        MachineInfo machine = some_machine();
        BuildInfo build = kBuild;
        change(machine, build);
        all.push_back(fingerprint_of(machine, build));
    };
    add([](auto& m, auto&) { m.cpu.model_name = "AMD EPYC 9R14"; });
    add([](auto& m, auto&) { m.cpu.family = 26; });
    add([](auto& m, auto&) { m.cpu.model = 17; });
    add([](auto& m, auto&) { m.cpu.stepping = 2; });
    add([](auto& m, auto&) { m.cpu.hypervisor = false; });
    add([](auto& m, auto&) { m.cpu.hypervisor.reset(); });
    add([](auto& m, auto&) { m.allowed_cpus = {0}; });
    add([](auto& m, auto&) { m.caches[1].bytes *= 2; });
    add([](auto& m, auto&) { m.caches.clear(); });
    add([](auto& m, auto&) { m.memory.total_bytes = 64'000'000'000; });
    add([](auto&, auto& b) { b.version = "1.2.4"; });
    add([](auto&, auto& b) { b.compiler = "Clang 14"; });
    add([](auto&, auto& b) { b.flags = "-O2"; });
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_NE(all[i], all[j]) << i << " " << j;
            EXPECT_NE(fingerprint_hash(all[i]), fingerprint_hash(all[j])) << i << " " << j;
        }
    }
}

TEST(Fingerprint, TextDoesNotWanderBetweenFields) {
    MachineFingerprint left;
    left.cpu = "ab";
    MachineFingerprint right;
    right.cpu = "a";
    right.cpus = "b";
    EXPECT_NE(fingerprint_hash(left), fingerprint_hash(right));
    EXPECT_EQ(fingerprint_hash(left).size(), 16U);
}

StoredPeaks some_peaks() {
    PeakSamples samples = testing_support::plausible_samples();
    samples.compute[0].f32 = {31.25e9, 32e9, 30.1e9, 32e9, 31e9, 32e9};
    samples.compute[0].f32.push_back(1.0e10 / 3);
    samples.compute[0].cycles.push_back(1e9);
    samples.compute[1].f32.resize(2);  // no interval
    samples.compute[1].cycles.resize(2);
    samples.memory[1].read.clear();
    samples.memory[1].reason = "hidden \"here\"";
    samples.about.warnings = {"a warning"};
    return {fingerprint_of(some_machine(), kBuild), summarise_peaks(samples)};
}

TEST(StoredPeaks, ReadBackEqualsWritten) {
    const StoredPeaks stored = some_peaks();
    EXPECT_EQ(parse_stored_peaks(stored_peaks_text(stored), "file"), stored);
    EXPECT_FALSE(stored.peaks.compute[1].f32.per_second->interval.has_value());
    EXPECT_FALSE(stored.peaks.memory[1].read.per_second.has_value());
}

/// The text with the first `from` replaced.
std::string broken(const std::string& from, const std::string& to) {
    std::string text = stored_peaks_text(some_peaks());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(StoredPeaks, AnyOtherTextIsAnError) {
    const std::string whole = stored_peaks_text(some_peaks());
    const std::vector<std::string> texts = {
        "",
        "{}",
        "[]",
        "null",
        whole.substr(0, whole.size() / 2),
        broken("mobilenet-cost.peaks.v1", "mobilenet-cost.peaks.v2"),
        broken("\"threads\": 1", "\"threads\": 0"),
        broken("\"threads\": 1", "\"threads\": \"one\""),
        broken("\"per_second\": ", "\"per_second\": -"),
        broken("\"warnings\": [\"a warning\"]", "\"warnings\": [1]"),
        broken("\"rounds_asked\"", "\"rounds_aksed\""),
        broken("\"cpu\"", "\"gpu\""),
    };
    for (const std::string& text : texts)
        EXPECT_THROW((void)parse_stored_peaks(text, "file"), Error) << text.substr(0, 60);
}

}  // namespace
}  // namespace mobilenet_cost
