// Any bytes, as a request or as an answer, are understood as what they would be written as again, or are an
// Error. Whatever else leaves here is a finding.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/gate/worker_protocol.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

constexpr std::int64_t kPasses = 2;
constexpr std::size_t kLayers = 2;

template <typename Check>
void unless_refused(const Check& check) try {
    check();
} catch (const mc::Error&) {  // not what it was read as
}

/// A line, and the same again.
void expect_line(const std::string& line, const std::string& again) {
    require(line == again, "read back as written");
    require(line.find('\n') == std::string::npos, "a line");
}

void check_request(const std::string& line) {
    const std::string written = mc::write_request(mc::read_request(line));
    expect_line(written, mc::write_request(mc::read_request(written)));
}

void check_block(const std::string& line) {
    const mc::WorkerBlock block = mc::read_block(line, kPasses);
    require(block.pass_seconds.size() == kPasses, "as many as asked for");
    for (const double seconds : block.pass_seconds)
        require(std::isfinite(seconds) && seconds > 0, "times");
    const std::string written = mc::write_block(1, block);
    expect_line(written, mc::write_block(1, mc::read_block(written, kPasses)));
}

void check_layer_block(const std::string& line) {
    const mc::WorkerLayerBlock block = mc::read_layer_block(line, kPasses, kLayers);
    require(block.pass_nanoseconds.size() == kPasses, "as many as asked for");
    for (const auto& pass : block.pass_nanoseconds)
        require(pass.size() == kLayers, "every layer");
    const std::string written = mc::write_layer_block(1, block);
    expect_line(written, mc::write_layer_block(1, mc::read_layer_block(written, kPasses, kLayers)));
}

void check_hello(const std::string& line) {
    const std::string written = mc::write_hello(1, mc::read_hello(line));
    expect_line(written, mc::write_hello(1, mc::read_hello(written)));
}

void check_facts(const std::string& line) {
    const std::string written = mc::write_facts(1, mc::read_facts(line));
    expect_line(written, mc::write_facts(1, mc::read_facts(written)));
}

void check_answer(const std::string& line) {
    const mc::WorkerAnswer answer = mc::read_answer(line);
    if (!answer.refusal) return;
    const std::string written = mc::write_refusal(answer.id, *answer.refusal);
    const mc::WorkerAnswer again = mc::read_answer(written);
    require(again.id == answer.id && again.refusal, "a refusal stays one");
    expect_line(written, mc::write_refusal(again.id, *again.refusal));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string line(reinterpret_cast<const char*>(data), size);
    for (const auto check :
         {check_request, check_block, check_layer_block, check_hello, check_facts, check_answer})
        unless_refused([&] { check(line); });
    return 0;
}
