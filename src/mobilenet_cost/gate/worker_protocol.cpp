#include "mobilenet_cost/gate/worker_protocol.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/gate/worker_fields.h"

namespace mobilenet_cost {

template <>
inline constexpr std::array<std::string_view, 6> kEnumNames<WorkerRequest::Do> = {
    "hello", "prepare", "run", "run_layers", "release", "quit"};

template <typename Archive>
void fields(Archive& archive, WorkerHello& hello) {
    archive("version", hello.version);
    archive("commit", hello.commit);
    archive("build", hello.build);
    archive("engines", hello.engines);
    archive("clock_resolution_seconds", hello.clock_resolution_seconds);
}

template <typename Archive>
void fields(Archive& archive, AllocationCount& allocations) {
    archive("count", allocations.count);
    archive("bytes", allocations.bytes);
}

template <typename Archive>
void fields(Archive& archive, SessionFacts& facts) {
    archive("session", facts.session);
    fields(archive, static_cast<ExactCounts&>(facts));
    archive("allocations_in_a_pass", facts.allocations);
    archive("layers", facts.layers);
}

template <typename Archive>
void fields(Archive& archive, WorkerBlock& block) {
    archive("pass_seconds", block.pass_seconds);
    fields(archive, block.disturbance);
}

template <typename Archive>
void fields(Archive& archive, WorkerLayerBlock& block) {
    archive("pass_nanoseconds", block.pass_nanoseconds);
    fields(archive, block.disturbance);
}

/// What to do decides which members there are.
template <typename Archive>
void fields(Archive& archive, WorkerRequest& request) {
    using Do = WorkerRequest::Do;
    archive("id", request.id);
    archive("do", request.what);
    if (request.what == Do::hello) {
        archive("protocol", request.protocol);
        archive("cpu", request.cpu);
    } else if (request.what == Do::prepare) {
        archive("cell", request.cell);
        archive("seed", request.seed);
    } else if (request.what != Do::quit) {
        archive("session", request.session);
    }
    if (request.times_passes()) {
        archive("passes", request.passes);
        archive("settle", request.settle);
    }
}

template <typename Archive>
void fields(Archive& archive, WorkerRefusal& refusal) {
    archive("wrong_input", refusal.wrong_input);
    archive("text", refusal.text);
}

namespace {

constexpr const char* kRequestPlace = "request";
constexpr const char* kAnswerPlace = "answer";

std::string line_text(const Json& json) {
    std::string line = compact_json(json);
    line.pop_back();  // the newline
    return line;
}

/// {"id": ..., then the body's members}.
std::string line_of(std::int64_t id, const Json& body) {
    Json json = {{"id", id}};
    json.update(body);
    return line_text(json);
}

nlohmann::json object_in(const std::string& line, const char* place) {
    nlohmann::json json = parse_json(line, place);
    if (!json.is_object()) fail(place, fmt::format("expected a JSON object, found {}", describe(json)));
    return json;
}

template <typename Value>
void read_into(const nlohmann::json& json, const char* place, Value& value) {
    FieldReader reader(json, {place, ""});
    fields(reader, value);
}

void require_passes(std::size_t found, std::int64_t passes) {
    if (found != static_cast<std::size_t>(passes))
        fail(kAnswerPlace, fmt::format("expected the times of {} passes, found {}", passes, found));
}

}  // namespace

std::int64_t most_layer_passes(std::size_t layers) {
    const auto count = std::max<std::int64_t>(static_cast<std::int64_t>(layers), 1);
    return std::clamp<std::int64_t>(kMostRequestLayerTimes / count, 1, kMostRequestPasses);
}

std::string write_request(const WorkerRequest& request) {
    return line_text(fields_json(request));
}

WorkerRequest read_request(const std::string& line) {
    const nlohmann::json json = object_in(line, kRequestPlace);
    WorkerRequest request;
    read_into(json, kRequestPlace, request);
    if (request.times_passes()) {
        const ObjectReader object(json, kRequestPlace, "");
        (void)object.integer("passes", 1, kMostRequestPasses);
        (void)object.integer("settle", 0, kMostRequestPasses);
    }
    return request;
}

std::string write_hello(std::int64_t id, const WorkerHello& hello) {
    Json json = {{"schema", kWorkerSchema}, {"protocol", kWorkerProtocol}};
    json.update(fields_json(hello));
    return line_of(id, json);
}

std::string write_facts(std::int64_t id, const SessionFacts& facts) {
    return line_of(id, fields_json(facts));
}

std::string write_block(std::int64_t id, const WorkerBlock& block) {
    return line_of(id, fields_json(block));
}

std::string write_layer_block(std::int64_t id, const WorkerLayerBlock& block) {
    return line_of(id, fields_json(block));
}

std::string write_done(std::int64_t id) {
    return line_of(id, Json::object());
}

std::string write_refusal(std::int64_t id, const WorkerRefusal& refusal) {
    Json json = Json::object();
    json["refused"] = fields_json(refusal);
    return line_of(id, json);
}

std::size_t most_answer_bytes(const WorkerRequest& request, std::size_t layers) {
    constexpr std::size_t kFrame = std::size_t{64} << 10U;  // keys, a refusal
    constexpr std::size_t kFacts = std::size_t{8} << 20U;   // some 30,000 layers with their names
    constexpr std::size_t kNumber = 32;                     // the longest double has 24
    const auto passes = static_cast<std::size_t>(request.passes);
    switch (request.what) {
        case WorkerRequest::Do::prepare:
            return kFacts;
        case WorkerRequest::Do::run:
            return kFrame + kNumber * passes;
        case WorkerRequest::Do::run_layers:
            return kFrame + kNumber * passes * (layers + 1);
        default:
            return kFrame;
    }
}

WorkerAnswer read_answer(const std::string& line) {
    const nlohmann::json json = object_in(line, kAnswerPlace);
    FieldReader reader(json, {kAnswerPlace, ""});
    WorkerAnswer answer;
    reader("id", answer.id);
    if (json.contains("refused")) reader("refused", answer.refusal.emplace());
    return answer;
}

WorkerHello read_hello(const std::string& line) {
    const nlohmann::json json = object_in(line, kAnswerPlace);
    const ObjectReader object(json, kAnswerPlace, "");
    const std::string schema = object.text("schema");
    const std::string family = "mobilenet-cost.worker.";
    if (!schema.starts_with(family))
        fail(object.place("schema"),
             fmt::format("expected \"{}\", found {}", kWorkerSchema, in_quotes(schema)));
    const std::int64_t protocol = object.integer("protocol", 0, 1'000'000);
    if (protocol != kWorkerProtocol)
        fail(object.place("protocol"), fmt::format("expected {}, found {}", kWorkerProtocol, protocol));
    WorkerHello hello;
    read_into(json, kAnswerPlace, hello);
    const double resolution = hello.clock_resolution_seconds;
    if (!(resolution >= 0 && resolution <= kCoarsestClock))
        fail(object.place("clock_resolution_seconds"),
             fmt::format("expected at most {:g}, found {:g}", kCoarsestClock, resolution));
    return hello;
}

SessionFacts read_facts(const std::string& line) {
    SessionFacts facts;
    read_into(object_in(line, kAnswerPlace), kAnswerPlace, facts);
    if (facts.layers.empty()) fail(kAnswerPlace, "expected at least one layer, found none");
    return facts;
}

WorkerBlock read_block(const std::string& line, std::int64_t passes) {
    WorkerBlock block;
    read_into(object_in(line, kAnswerPlace), kAnswerPlace, block);
    require_passes(block.pass_seconds.size(), passes);
    for (const double seconds : block.pass_seconds) {
        if (!(seconds > 0) || !std::isfinite(seconds))
            fail(kAnswerPlace, fmt::format("expected times above 0, found {}", seconds));
    }
    return block;
}

WorkerLayerBlock read_layer_block(const std::string& line, std::int64_t passes, std::size_t layers) {
    WorkerLayerBlock block;
    read_into(object_in(line, kAnswerPlace), kAnswerPlace, block);
    require_passes(block.pass_nanoseconds.size(), passes);
    for (const std::vector<std::int64_t>& pass : block.pass_nanoseconds) {
        if (pass.size() != layers)
            fail(kAnswerPlace, fmt::format("expected the times of {} layers, found {}", layers, pass.size()));
        for (const std::int64_t nanoseconds : pass) {
            if (nanoseconds < 0)
                fail(kAnswerPlace, fmt::format("expected times of at least 0, found {}", nanoseconds));
        }
        if (std::accumulate(pass.begin(), pass.end(), std::int64_t{0}) <= 0)
            fail(kAnswerPlace, "expected a pass that takes time, found 0 ns");
    }
    return block;
}

}  // namespace mobilenet_cost
