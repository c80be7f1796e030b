#include "mobilenet_cost/sweep/bench_candidates.h"

#include <array>
#include <new>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {

namespace {

constexpr std::array kKinds = {NetworkKind::separable, NetworkKind::standard, NetworkKind::base};

template <typename Make>
Candidate make_candidate(NetworkKind kind, const Make& make) {
    Candidate candidate;
    candidate.kind = kind;
    try {
        candidate.network = make();
        candidate.counts = count_network(*candidate.network);
    } catch (const Error& error) {
        candidate.network.reset();
        candidate.reason = error.what();
    } catch (const std::bad_alloc&) {
        candidate.network.reset();
        candidate.absence = BenchStatus::failed;
        candidate.reason = "out of memory";
    }
    return candidate;
}

/// By value: a variant that is spelled differently may be the same network.
void compare_with(const Network& variant, Candidate& candidate, std::string_view reason) {
    const auto& other = candidate.network;
    if (!other || other->input != variant.input || other->layers != variant.layers) return;
    candidate.same_as_variant = true;
    candidate.reason = reason;
    candidate.network.reset();
}

}  // namespace

std::vector<Candidate> make_candidates(const ModelConfig& config, const Variant& variant,
                                       const Variant& base) {
    std::vector<Candidate> candidates(kKinds.size());
    const Network network = expand(config, variant);
    candidates[0].network = network;
    candidates[0].counts = count_network(network);
    candidates[1] =
        make_candidate(NetworkKind::standard, [&network] { return standard_counterpart(network); });
    compare_with(network, candidates[1], "the network has no depthwise convolution with its pointwise one");
    candidates[2] = make_candidate(NetworkKind::base, [&] { return expand(config, base); });
    compare_with(network, candidates[2], "the variant is the base model itself");
    return candidates;
}

}  // namespace mobilenet_cost
