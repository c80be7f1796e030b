#include "mobilenet_cost/gate/worker.h"

#include <algorithm>
#include <istream>
#include <limits>
#include <map>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {
namespace {

/// As generated, and as an engine packs them.
constexpr std::int64_t kWeightCopies = 2;

struct Prepared {
    std::unique_ptr<Session> session = {};
    std::size_t layers = 0;
    int threads = 1;
    double pass_seconds = 0;  ///< of the last pass that was timed
};

Network network_of(const GateCell& cell) {
    const ImportRequest wanted = {.resolution = cell.variant.resolution,
                                  .inputs = parse_inputs(cell.inputs, "inputs")};
    const ModelConfig config =
        cell.config.empty() ? find_model(cell.model, wanted) : parse_model_config(cell.config, cell.model);
    Network network = expand(config, cell.variant);
    switch (cell.network) {
        case NetworkKind::separable:
            return network;
        case NetworkKind::standard:
            return standard_counterpart(network);
        case NetworkKind::base:
            break;
    }
    fail("network", "expected separable or standard, found base");
}

std::vector<LayerFacts> layer_facts(const Network& network, const std::vector<std::string>& kernels) {
    std::vector<LayerFacts> layers;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const LayerTime layer = describe_layer(network, i, kernels.at(i));
        layers.push_back({.name = layer.name,
                          .op = layer.op,
                          .layer_class = std::string(layer_class_name(layer.layer_class)),
                          .kernel = layer.kernel,
                          .macs = layer.macs});
    }
    return layers;
}

}  // namespace

class Worker::Sessions {
  public:
    Sessions(EngineWorld& world, AllocationCounter allocations)
        : world_(world), clock_(world.clock()), allocations_(std::move(allocations)) {}

    /// The line to write; nothing: the end.
    std::optional<std::string> answer(const std::string& line) {
        std::int64_t id = 0;
        try {
            const WorkerRequest request = read_request(line);
            id = request.id;
            if (request.what == WorkerRequest::Do::quit) return std::nullopt;
            return answer(request);
        } catch (...) {
            const Failure failure = current_failure();
            return write_refusal(id, {.wrong_input = failure.is_refusal, .text = failure.reason});
        }
    }

  private:
    using Do = WorkerRequest::Do;

    std::string answer(const WorkerRequest& request) {
        switch (request.what) {
            case Do::hello:
                if (request.cpu) (void)pin_to_cpu(*request.cpu);  // throws where that is not allowed
                cpu_ = request.cpu;
                return write_hello(request.id, hello());
            case Do::prepare:
                return write_facts(request.id, prepare(request.cell, request.seed));
            case Do::run:
                return write_block(request.id, run(request));
            case Do::run_layers:
                return write_layer_block(request.id, run_layers(request));
            case Do::release:
                sessions_.erase(find(request.session));
                break;
            case Do::quit:
                break;
        }
        return write_done(request.id);
    }

    [[nodiscard]] WorkerHello hello() {
        const BuildInfo& build = build_info();
        WorkerHello hello;
        hello.version = build.version;
        hello.commit = build.commit;
        hello.build = {.compiler = std::string(build.compiler),
                       .flags = std::string(build.flags),
                       .build_type = std::string(build.build_type),
                       .optimised = build.optimised,
                       .sanitized = build.sanitized};
        for (const EngineStatus& status : world_.engine_statuses())
            hello.engines.push_back({status.name, status.info.version, status.available});
        hello.clock_resolution_seconds = static_cast<double>(clock_.resolution()) * kNanosecond;
        return hello;
    }

    SessionFacts prepare(const GateCell& cell, std::uint64_t seed) {
        const Network network = network_of(cell);
        const NetworkCounts counts = count_network(network, read_typed_name(cell.engine).data_type);
        const std::string refusal =
            memory_refusal(count_network(network), kWeightCopies, world_.available_memory_bytes());
        if (!refusal.empty()) throw std::runtime_error(refusal);
        Prepared prepared = {.layers = network.layers.size(), .threads = cell.threads};
        const auto engine = world_.find_engine(cell.engine);
        prepared.session = make_ready_session(*engine, network, make_weights(network, seed),
                                              {.threads = cell.threads}, seed);
        SessionFacts facts;
        facts.session = next_session_++;
        facts.macs = counts.macs;
        facts.params = counts.params;
        facts.weight_bytes = counts.weight_bytes;
        facts.peak_activation_bytes = counts.peak_activation_bytes;
        facts.layers = layer_facts(network, prepared.session->kernels());
        const SessionMemory memory = prepared.session->memory_use();
        facts.held_weight_bytes = memory.weight_bytes;
        facts.held_activation_bytes = memory.activation_bytes;
        facts.held_scratch_bytes = memory.scratch_bytes;
        const auto pin = pin_for(prepared);
        prepared.session->run();  // the first pass may still allocate what all later ones use
        const Stopwatch watch(clock_);
        facts.allocations = allocations_of_a_pass(*prepared.session);
        prepared.pass_seconds = watch.seconds();
        sessions_.emplace(facts.session, std::move(prepared));
        return facts;
    }

    [[nodiscard]] std::optional<AllocationCount> allocations_of_a_pass(Session& session) const {
        const AllocationCount before = allocations_ ? allocations_() : AllocationCount{};
        session.run();
        if (!allocations_) return std::nullopt;
        const AllocationCount after = allocations_();
        return AllocationCount{after.count - before.count, after.bytes - before.bytes};
    }

    /// A single pass is not limited: it cannot be made shorter.
    static void check_time(const WorkerRequest& request, const Prepared& prepared) {
        const std::int64_t passes = request.passes + request.settle;
        const double seconds = static_cast<double>(passes) * prepared.pass_seconds;
        const bool lone = request.passes <= 1 && request.settle <= 1;
        if (!lone && seconds > kMostRequestSeconds)
            fail("passes", fmt::format("expected at most {:.0f} s of passes, found {} of some {:.3g} s each",
                                       kMostRequestSeconds, passes, prepared.pass_seconds));
    }

    WorkerBlock run(const WorkerRequest& request) {
        Prepared& prepared = find(request.session)->second;
        check_time(request, prepared);
        Session& session = *prepared.session;
        const auto pin = pin_for(prepared);
        for (std::int64_t pass = 0; pass < request.settle; ++pass)
            session.run();
        WorkerBlock block;
        block.pass_seconds.reserve(static_cast<std::size_t>(request.passes));
        const NoiseSnapshot before_noise = world_.noise();
        std::int64_t before = clock_.now();
        for (std::int64_t pass = 0; pass < request.passes; ++pass) {
            session.run();
            const std::int64_t after = clock_.now();
            block.pass_seconds.push_back(static_cast<double>(after - before) * kNanosecond);
            before = after;
        }
        block.disturbance = world_.noise() - before_noise;
        prepared.pass_seconds = median(block.pass_seconds);
        return block;
    }

    WorkerLayerBlock run_layers(const WorkerRequest& request) {
        const Prepared& prepared = find(request.session)->second;
        check_time(request, prepared);
        if (const std::int64_t most = most_layer_passes(prepared.layers); request.passes > most)
            fail("passes", fmt::format("expected at most {} passes of {} layers, found {}", most,
                                       prepared.layers, request.passes));
        const auto pin = pin_for(prepared);
        std::vector<std::int64_t> settling(prepared.layers);
        for (std::int64_t pass = 0; pass < request.settle; ++pass)
            prepared.session->run_timed(settling);
        WorkerLayerBlock block;
        block.pass_nanoseconds.assign(static_cast<std::size_t>(request.passes),
                                      std::vector<std::int64_t>(prepared.layers));
        const NoiseSnapshot before_noise = world_.noise();
        for (std::vector<std::int64_t>& nanoseconds : block.pass_nanoseconds)
            prepared.session->run_timed(nanoseconds);
        block.disturbance = world_.noise() - before_noise;
        return block;
    }

    [[nodiscard]] std::unique_ptr<CpuPin> pin_for(const Prepared& prepared) const {
        return cpu_ && prepared.threads == 1 ? pin_to_cpu(*cpu_) : nullptr;
    }

    std::map<std::int64_t, Prepared>::iterator find(std::int64_t session) {
        const auto found = sessions_.find(session);
        if (found == sessions_.end()) fail("session", fmt::format("there is no session {}", session));
        return found;
    }

    EngineWorld& world_;
    Clock& clock_;
    AllocationCounter allocations_;
    std::optional<int> cpu_;
    std::map<std::int64_t, Prepared> sessions_;
    std::int64_t next_session_ = 0;
};

Worker::Worker(EngineWorld& world, AllocationCounter allocations)
    : sessions_(std::make_unique<Sessions>(world, std::move(allocations))) {}

Worker::~Worker() = default;

std::optional<std::string> Worker::answer(const std::string& line) {
    return sessions_->answer(line);
}

int run_worker(std::istream& in, std::ostream& out, EngineWorld& world, AllocationCounter allocations) {
    Worker worker(world, std::move(allocations));
    for (std::string line; std::getline(in, line);) {
        const std::optional<std::string> answer = worker.answer(line);
        if (!answer) break;
        out << *answer << '\n' << std::flush;
        if (!out) return 1;
    }
    return 0;
}

}  // namespace mobilenet_cost
