#include "mobilenet_cost/gate/worker_link.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/gate/child_process.h"

namespace mobilenet_cost {
namespace {

constexpr double kFarewellSeconds = 2;

class ChildLine final : public WorkerLine {
  public:
    explicit ChildLine(const std::string& program) : child_(program, {"worker"}) {}

    std::string exchange(const std::string& line, double max_seconds, std::size_t max_bytes) override {
        return child_.exchange(line, max_seconds, max_bytes);
    }
    void finish(const std::string& line) override { child_.finish(line, kFarewellSeconds); }

  private:
    ChildProcess child_;
};

}  // namespace

std::unique_ptr<WorkerLine> start_worker(const std::string& program) {
    return std::make_unique<ChildLine>(program);
}

GateWorker::GateWorker(std::string side, std::string program, std::unique_ptr<WorkerLine> line,
                       double answer_seconds)
    : place_(fmt::format("{}: {}", side, program)), line_(std::move(line)), answer_seconds_(answer_seconds) {}

GateWorker::~GateWorker() {
    try {
        line_->finish(write_request({.id = next_id_, .what = WorkerRequest::Do::quit}));
    } catch (const std::exception&) {  // it has ended already
    }
}

std::string GateWorker::ask(WorkerRequest& request, double expected_seconds, std::size_t layers) {
    request.id = next_id_++;
    const double deadline = std::max(answer_seconds_, kPatience * expected_seconds);
    std::string line;
    WorkerAnswer answer;
    try {
        line = line_->exchange(write_request(request), deadline, most_answer_bytes(request, layers));
        answer = read_answer(line);
    } catch (const ChildFailure& failure) {
        throw WorkerLost(fmt::format("{}: {}", place_, failure.what()));
    } catch (const Error& error) {
        throw WorkerLost(fmt::format("{}: {}, in {}", place_, error.what(), in_quotes(line)));
    }
    // Whoever typed the command did not choose the number of passes: its refusal ends a cell, not the gate.
    if (answer.refusal && answer.refusal->wrong_input && !request.times_passes())
        fail(place_, answer.refusal->text);
    if (answer.refusal) throw WorkerRefused(fmt::format("{}: {}", place_, answer.refusal->text));
    if (answer.id != request.id) {
        throw WorkerLost(
            fmt::format("{}: expected the answer to request {}, found {}", place_, request.id, answer.id));
    }
    return line;
}

WorkerHello GateWorker::hello(std::optional<int> cpu) {
    WorkerRequest request{.what = WorkerRequest::Do::hello, .cpu = cpu};
    try {
        return read_hello(ask(request));
    } catch (const WorkerLost& lost) {
        throw Error(
            fmt::format("{}; expected a mobilenet-cost that has the command \"worker\"", lost.what()));
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}; expected a mobilenet-cost that speaks worker protocol {}", place_,
                                error.what(), kWorkerProtocol));
    }
}

namespace {

/// A worker whose answer cannot be read is not asked again.
template <typename Read>
auto trusted(const std::string& place, const Read& read) {
    try {
        return read();
    } catch (const Error& error) {
        throw WorkerLost(fmt::format("{}: {}", place, error.what()));
    }
}

}  // namespace

SessionFacts GateWorker::prepare(const GateCell& cell, std::uint64_t seed) {
    WorkerRequest request{.what = WorkerRequest::Do::prepare, .cell = cell, .seed = seed};
    const std::string line = ask(request);
    return trusted(place_, [&] { return read_facts(line); });
}

WorkerBlock GateWorker::run(std::int64_t session, std::int64_t passes, std::int64_t settle,
                            double expected_seconds) {
    WorkerRequest request{
        .what = WorkerRequest::Do::run, .session = session, .passes = passes, .settle = settle};
    const std::string line = ask(request, expected_seconds);
    return trusted(place_, [&] { return read_block(line, passes); });
}

WorkerLayerBlock GateWorker::run_layers(std::int64_t session, std::int64_t passes, std::int64_t settle,
                                        std::size_t layers, double expected_seconds) {
    WorkerRequest request{
        .what = WorkerRequest::Do::run_layers, .session = session, .passes = passes, .settle = settle};
    const std::string line = ask(request, expected_seconds, layers);
    return trusted(place_, [&] { return read_layer_block(line, passes, layers); });
}

void GateWorker::release(std::int64_t session) {
    WorkerRequest request{.what = WorkerRequest::Do::release, .session = session};
    (void)ask(request);
}

}  // namespace mobilenet_cost
