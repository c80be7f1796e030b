// mobilenet-peer-worker [ENGINE THREADS]
//
// Runs networks on one engine for scripts/peers, which starts a worker for each engine and number of threads
// and has one of them work at a time. A request is a line of words separated by tabs on standard input, the
// answer a JSON object on a line of standard output, {"error": "..."} for what cannot be done:
//
//   load ID MODEL ALPHA RESOLUTION separable|standard   makes a network ready under that name, and says
//                                                       its MACs and the input's size [n, h, w, c]
//   input ID FILE     writes its input as raw float32 (n, h, w, c)
//   output ID FILE    runs it and writes its output as raw float32 (n, classes)
//   run ID SETTLE PASSES    SETTLE passes that do not count, then PASSES with the clock read between them
//   unload ID         gives its memory back
//   peak THREADS SECONDS    multiply-adds in registers, see hardware.h
//   ping_pong SECONDS       a cache line between the last two CPUs, at most that long
//
// It ends with its input.

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/ping_pong.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "hardware.h"

namespace mobilenet_cost::peer {
namespace {

using Words = std::vector<std::string>;

/// Terms behind one output value, summed over the layers: how far rounding may take two engines apart. A
/// layer counts 8 more for bias, activation and stores.
double sum_length(const Network& network) {
    constexpr double kBesideTheSum = 8;
    double terms = 0;
    for (const Layer& layer : network.layers) {
        const auto macs = static_cast<double>(layer_cost(layer).macs);
        const auto pooled = static_cast<double>(layer.input.h * layer.input.w);
        const bool pools = std::holds_alternative<GlobalPool>(layer.kind);
        terms += kBesideTheSum + (pools ? pooled : macs / static_cast<double>(element_count(layer.output)));
    }
    return terms;
}

void write_floats(const std::string& path, std::span<const float> values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
    file.close();
    if (!file) fail(path, "expected a file that can be written");
}

void expect_words(const Words& words, std::size_t count) {
    if (words.size() != count)
        fail(words.front(), fmt::format("expected {} words, found {}", count, words.size()));
}

class Worker {
  public:
    Worker() = default;
    Worker(const std::string& engine, int threads) : engine_(find_engine(engine)), threads_(threads) {}

    Json answer(const Words& words) {
        const std::string& request = words.front();
        if (request == "load") return load(words);
        if (request == "input") return write_input(words);
        if (request == "output") return write_output(words);
        if (request == "run") return run(words);
        if (request == "unload") return unload(words);
        if (request == "peak") return peak(words);
        if (request == "ping_pong") return ping_pong(words);
        const Words known = {"load", "input", "output", "run", "unload", "peak", "ping_pong"};
        fail_unknown("request", "word", request, known);
    }

  private:
    struct Loaded {
        Network network;
        std::unique_ptr<Session> session;
    };

    Json load(const Words& words) {
        expect_words(words, 6);
        if (!engine_) fail("load", "expected a worker that was started with an engine");
        const Variant variant{.alpha = std::stod(words[3]), .resolution = parse_resolution(words[4], "load")};
        Loaded loaded{.network = expand(find_model(words[2], variant.resolution), variant),
                      .session = nullptr};
        if (words[5] == "standard") loaded.network = standard_counterpart(loaded.network);
        const Weights weights = make_weights(loaded.network, kDataSeed);
        loaded.session = make_ready_session(*engine_, loaded.network, weights, {.threads = threads_});
        const Shape& in = loaded.network.input;
        Json answer = object_of({{"macs", total_cost(loaded.network).macs},
                                 {"terms", sum_length(loaded.network)},
                                 {"input", std::vector{in.n, in.h, in.w, in.c}}});
        loaded_.insert_or_assign(words[1], std::move(loaded));
        return answer;
    }

    Loaded& find(const Words& words) {
        const auto found = loaded_.find(words.at(1));
        if (found == loaded_.end()) fail(words.front(), fmt::format("{} is not loaded", in_quotes(words[1])));
        return found->second;
    }

    Json write_input(const Words& words) {
        expect_words(words, 3);
        write_floats(words[2], make_input(find(words).network.input, kDataSeed));
        return Json::object();
    }

    Json write_output(const Words& words) {
        expect_words(words, 3);
        Session& session = *find(words).session;
        session.run();
        write_floats(words[2], session.output());
        return Json::object();
    }

    Json run(const Words& words) {
        using Clock = std::chrono::steady_clock;
        expect_words(words, 4);
        Session& session = *find(words).session;
        for (std::int64_t pass = std::stoll(words[2]); pass > 0; --pass)
            session.run();
        std::vector<std::int64_t> nanoseconds(static_cast<std::size_t>(std::stoll(words[3])));
        auto before = Clock::now();
        for (std::int64_t& entry : nanoseconds) {
            session.run();
            const auto after = Clock::now();
            entry = std::chrono::duration_cast<std::chrono::nanoseconds>(after - before).count();
            before = after;
        }
        return object_of({{"nanoseconds", nanoseconds}});
    }

    Json unload(const Words& words) {
        expect_words(words, 2);
        find(words);
        loaded_.erase(words[1]);
        return Json::object();
    }

    static Json peak(const Words& words) {
        expect_words(words, 3);
        const PeakFlops found = measure_peak(std::stoi(words[1]), std::stod(words[2]));
        return object_of({{"flops_per_second", found.flops_per_second},
                          {"core_hertz", found.core_hertz},
                          {"instruction_set", found.instruction_set}});
    }

    static Json ping_pong(const Words& words) {
        expect_words(words, 2);
        const auto seconds = ping_pong_seconds(cpu_for(0, 2), cpu_for(1, 2), std::stod(words[1]));
        if (!seconds) fail("ping_pong", "this system does not let a process choose its CPUs");
        return object_of({{"seconds", *seconds}});
    }

    std::shared_ptr<const Engine> engine_;
    int threads_ = 1;
    std::map<std::string, Loaded> loaded_;
};

Words split(const std::string& line) {
    Words words(1);
    for (const char c : line) {
        if (c == '\t') {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    return words;
}

void serve(Worker& worker) {
    for (std::string line; std::getline(std::cin, line);) {
        Json answer;
        try {
            answer = worker.answer(split(line));
        } catch (const std::exception& error) {
            answer = object_of({{"error", error.what()}});
        }
        std::cout << inline_json(answer) << std::endl;  // flushed: the other side waits
    }
}

}  // namespace
}  // namespace mobilenet_cost::peer

int main(int argc, char** argv) {
    try {
        using mobilenet_cost::peer::Worker;
        if (argc != 1 && argc != 3) mobilenet_cost::fail("", "usage: mobilenet-peer-worker [ENGINE THREADS]");
        Worker worker = argc == 3 ? Worker(argv[1], std::stoi(argv[2])) : Worker();
        mobilenet_cost::peer::serve(worker);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "mobilenet-peer-worker: error: " << mobilenet_cost::printable(error.what()) << '\n';
        return EXIT_FAILURE;
    }
}
