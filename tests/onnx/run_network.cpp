// run_network CONFIG ALPHA RESOLUTION BATCH CLASSES separable|standard SEED CHANNELS TOP STRIDE MULTIPLIER
// FOLDER
//
// Runs a network on every engine that is available here and writes what went in and what came out, as raw
// float32: FOLDER/input.f32 and, for each engine, FOLDER/ENGINE.f32, both (n, h, w, c), the outputs one
// behind the other. CONFIG may be an ONNX file, which has its own weights. Prints the names of the engines;
// one that has no kernel for a layer is left out. Weights and input are those of the seed; the four words
// behind it are those of Form.

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace {

using namespace mobilenet_cost;

void write_floats(const std::filesystem::path& path, const std::vector<float>& values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path.string());
}

Network network_of(const std::vector<std::string>& words) {
    const Variant variant{.alpha = std::stod(words[1]),
                          .resolution = parse_resolution(words[2], "resolution"),
                          .classes = std::stoll(words[4]),
                          .batch = std::stoll(words[3]),
                          .form = {.channels = std::stoll(words[7]),
                                   .top = words[8] == "1",
                                   .output_stride = std::stoll(words[9]),
                                   .depth_multiplier = std::stoll(words[10])}};
    const Network network = expand(find_model(words[0], {.resolution = variant.resolution}), variant);
    return words[5] == "standard" ? standard_counterpart(network) : network;
}

void run(const std::vector<std::string>& words) {
    const Network network = network_of(words);
    const std::uint64_t seed = std::stoull(words[6]);
    const std::filesystem::path folder = words[11];
    const Weights weights = make_weights(network, seed);
    const std::vector<float> input = make_input(network.input, seed);
    write_floats(folder / "input.f32", input);
    for (const EngineStatus& engine : engine_statuses()) {
        if (!engine.available) continue;
        std::unique_ptr<Session> session;
        try {
            session = find_engine(engine.name)->make_session(network, weights, {});
        } catch (const Error& error) {
            if (std::string(error.what()).find("has no kernel for") == std::string::npos) throw;
            continue;
        }
        std::copy(input.begin(), input.end(), session->input().begin());
        session->run();
        write_floats(folder / (engine.name + ".f32"), session->output());
        std::cout << engine.name << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        if (words.size() != 12) throw std::runtime_error("expected 12 arguments");
        setenv("OMP_WAIT_POLICY", "passive", 0);  // OpenMP's threads wait without spinning
        run(words);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "run_network: error: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
